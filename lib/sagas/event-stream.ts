import { filter, type Subscriber, type TeardownLogic } from 'rxjs';
import { GuardedObservable } from '../buses/guarded-stream.js';
import type { InstanceOf, MessageType } from '../messages/message.js';

/**
 * An Observable for operators, an async iterable for generators. An iteration sees every event since the saga started,
 * in order; a second one continues it. Two at a time share the events.
 */
export class EventStream<T extends object = object> extends GuardedObservable<T> implements AsyncIterable<T> {
  /** @param pull takes the next event not yet taken */
  constructor(
    subscribe: (subscriber: Subscriber<T>) => TeardownLogic,
    private readonly pull: () => Promise<IteratorResult<T, undefined>>,
  ) {
    super(subscribe);
  }

  /** Only events of these classes and their subclasses. */
  ofType<TTypes extends MessageType[]>(...types: TTypes): EventStream<InstanceOf<TTypes[number]>> {
    type Wanted = InstanceOf<TTypes[number]>;
    const isWanted = (event: object): event is Wanted => types.some(type => event instanceof type);
    return new EventStream<Wanted>(
      subscriber => this.pipe(filter<object, Wanted>(isWanted)).subscribe(subscriber),
      async () => {
        for (;;) {
          const next = await this.pull();
          if (next.done) return next;
          if (isWanted(next.value)) return { done: false, value: next.value };
        }
      },
    );
  }

  /** Leaving the loop ends nothing. */
  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    return {
      next: () => this.pull(),
      return: () => Promise.resolve({ done: true, value: undefined }),
    };
  }
}
