import type { Subject } from 'rxjs';
import type { AsyncContext } from '../scopes/async-context.js';
import type { MessageType, ICommand, IEvent, IQuery } from '../messages/message.js';

/** Sees every command before its handler; its failures are only reported. */
export interface ICommandPublisher<CommandBase extends ICommand = ICommand> {
  publish<T extends CommandBase = CommandBase>(command: T): unknown;
}

/** Sees every query before its handler; its failures are only reported. */
export interface IQueryPublisher<QueryBase extends IQuery = IQuery> {
  publish<T extends QueryBase = QueryBase>(query: T): unknown;
}

/**
 * Carries events in place of the bus. Handlers then react to `eventBus.subject$.next(event)`, see
 * {@link IMessageSource}.
 */
export interface IEventPublisher<EventBase extends IEvent = IEvent> {
  /**
   * @param dispatcherContext given to `publish`, such as the aggregate
   * @param asyncContext selects request-scoped instances
   * @returns awaited by `publish` and `commit`; if it rejects, a commit keeps the event
   */
  publish<T extends EventBase>(event: T, dispatcherContext?: unknown, asyncContext?: AsyncContext): unknown;
  /**
   * Without it `publish` is called for each event.
   * @returns awaited; if it rejects, a commit keeps events that its error does not list as `accepted`
   */
  publishAll?<T extends EventBase>(events: T[], dispatcherContext?: unknown, asyncContext?: AsyncContext): unknown;
}

/** Brings events from outside to a subject, such as `eventBus.subject$`. */
export interface IMessageSource<EventBase extends IEvent = IEvent> {
  bridgeEventsTo<T extends EventBase>(subject: Subject<T>): unknown;
}

/** Names event types that only an identifier tells apart. */
export interface EventIdProvider<EventBase extends IEvent = IEvent> {
  getEventId(event: MessageType<EventBase>): string | null;
}
