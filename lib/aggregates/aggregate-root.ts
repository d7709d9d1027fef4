import type { IEvent } from '../messages/message.js';
import { eventMethodOf, eventNameOf } from './event-methods.js';
import { WithAggregateRoot } from './with-aggregate-root.js';

/**
 * Records events: `apply(event)` calls the event's method and remembers it, `commit()` publishes.
 *
 * The method has `@On(UserCreated)`, else the name `onUserCreated`, else serves a class that the event extends. If it
 * throws, so does `apply`, and neither the event nor what it applied remains.
 *
 * `commit()` empties the list and calls `publishAll` before it returns. If publishing fails it rejects, which is safe
 * to drop, and events not accepted return to their places. It does not wait for another commit, whose handler may call
 * it: to keep the order across failures, await each.
 *
 * With `autoCommit`, `apply` publishes after the method; a failed event is kept for `commit()`. Frozen instances work,
 * as do those that an ORM makes without constructor.
 */
export abstract class AggregateRoot<EventBase extends IEvent = IEvent> extends WithAggregateRoot(class {})<EventBase> {
  /** Override it to find the method otherwise; undefined if there is none. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- overriding classes say Type<IEventHandler>
  protected getEventHandler<T extends EventBase = EventBase>(event: T): any {
    return eventMethodOf(this, event as object, this.getEventName(event));
  }

  /** Override it to name events otherwise than by class. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as in @nestjs/cqrs
  protected getEventName(event: any): string {
    return eventNameOf(event as object);
  }
}
