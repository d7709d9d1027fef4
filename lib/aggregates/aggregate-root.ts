import type { IEvent } from '../messages/message.js';
import { eventMethodOf, eventNameOf } from './event-handler.js';
import { WithAggregateRoot } from './with-aggregate-root.js';

/**
 * Records what happens to it as events: `apply(event)` calls the method for the event and remembers it, `commit()`
 * publishes what has been remembered.
 *
 * The method for `UserCreated` is the one that `@On(UserCreated)` decorates, else `onUserCreated`; else that of a class
 * which the event extends. If it throws, `apply` throws, and neither the event nor what the method has applied remains.
 *
 * `commit()` empties the list and calls `publishAll` with a copy of it before it returns, and returns a promise of
 * what that returns. If publishing fails it rejects with the error, which is safe to drop, and the events that were
 * not accepted are back in the list, each at its place: another `commit()` publishes them. It does not wait for another
 * commit under way, which may be the very one whose handler calls it: to keep the order across a failure, await one
 * before the next. An event is in one commit at a time.
 *
 * With `autoCommit` an event is published when its method has returned, before `apply` does; what cannot be published
 * is kept for `commit()`. Nothing is asked of the constructor: instances that an ORM makes work, frozen ones too.
 * @typeParam EventBase what all events of the aggregate extend
 */
export abstract class AggregateRoot<EventBase extends IEvent = IEvent> extends WithAggregateRoot(class {})<EventBase> {
  /**
   * The method that `apply` calls; to be overridden by who finds it otherwise.
   * @returns a function; undefined if the event has none
   */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- a function; @nestjs/cqrs calls it Type<IEventHandler>, and so do classes that override this
  protected getEventHandler<T extends EventBase = EventBase>(event: T): any {
    return eventMethodOf(this, event as object, this.getEventName(event));
  }

  /** The name of an event, to which `on` is prefixed; that of its class, to be overridden by who names events otherwise. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as in @nestjs/cqrs, whose users override this
  protected getEventName(event: any): string {
    return eventNameOf(event as object);
  }
}
