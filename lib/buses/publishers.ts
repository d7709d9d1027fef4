import type { Subject } from 'rxjs';
import type { AsyncContext } from '../scopes/async-context.js';
import type { MessageType, ICommand, IEvent, IQuery } from '../messages/message.js';

/** Sees every command that is sent, before its handler. What it throws or rejects with is reported, never passed on. */
export interface ICommandPublisher<CommandBase extends ICommand = ICommand> {
  publish<T extends CommandBase = CommandBase>(command: T): unknown;
}

/** Sees every query that is sent, before its handler. What it throws or rejects with is reported, never passed on. */
export interface IQueryPublisher<QueryBase extends IQuery = IQuery> {
  publish<T extends QueryBase = QueryBase>(query: T): unknown;
}

/**
 * Carries events in place of the bus itself, to a broker or a store. The handlers of this process then react to
 * what comes back through `eventBus.subject$.next(event)`, see {@link IMessageSource}.
 */
export interface IEventPublisher<EventBase extends IEvent = IEvent> {
  /**
   * @param event what happened
   * @param dispatcherContext what the caller of `publish` gave beside the event, such as the aggregate
   * @param asyncContext which request-scoped instances belong to it
   * @returns awaited by `publish` and `commit`; its rejection makes a commit keep the event
   */
  publish<T extends EventBase>(event: T, dispatcherContext?: unknown, asyncContext?: AsyncContext): unknown;
  /**
   * The same for several events at once; without it `publish` is called for each.
   * @returns awaited; a rejection makes a commit keep the events, except those that the error lists as `accepted`
   */
  publishAll?<T extends EventBase>(events: T[], dispatcherContext?: unknown, asyncContext?: AsyncContext): unknown;
}

/** Brings events from outside to a subject, such as the `subject$` of the event bus. */
export interface IMessageSource<EventBase extends IEvent = IEvent> {
  bridgeEventsTo<T extends EventBase>(subject: Subject<T>): unknown;
}

/** Names event types where instances come from elsewhere and only an identifier tells their type. */
export interface EventIdProvider<EventBase extends IEvent = IEvent> {
  /** The identifier of an event type; null if it has none. */
  getEventId(event: MessageType<EventBase>): string | null;
}
