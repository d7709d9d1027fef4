import { filter, type Subscriber, type TeardownLogic } from 'rxjs';
import { GuardedObservable } from '../buses/guarded-stream.js';
import type { InstanceOf, MessageType } from '../messages/message.js';

/**
 * The events a saga is given: an Observable for sagas made of operators, an async iterable for generators.
 * An iteration sees every event since the saga was started, in order, however long the generator takes between two
 * of them; a second iteration goes on where the first was left. Two at a time share the events between them.
 */
export class EventStream<T extends object = object> extends GuardedObservable<T> implements AsyncIterable<T> {
  /**
   * @param subscribe adds a subscriber
   * @param pull takes the next event that has not been taken
   */
  constructor(
    subscribe: (subscriber: Subscriber<T>) => TeardownLogic,
    private readonly pull: () => Promise<IteratorResult<T, undefined>>,
  ) {
    super(subscribe);
  }

  /**
   * Only the events of some classes and their subclasses. An iteration passes over the others.
   * @param types classes of events
   */
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

  /** Takes events one by one; leaving the loop takes nothing more and ends nothing. */
  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    return {
      next: () => this.pull(),
      return: () => Promise.resolve({ done: true, value: undefined }),
    };
  }
}
