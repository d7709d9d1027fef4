import type { HandlerRegistry } from '../handlers/handler-registry.js';
import type { EventHandlerRegistry } from '../handlers/event-handler-registry.js';
import type { DispatchOptions } from '../context/message-context.js';
import type { MiddlewareReference } from '../pipeline/middleware.js';
import type { EventIdProvider, ICommandPublisher, IEventPublisher, IQueryPublisher } from './publishers.js';
import type { IUnhandledExceptionPublisher } from '../dispatch/failures.js';

/** The token under which the module options can be injected. */
export const CQRS_MODULE_OPTIONS = 'CQRS_MODULE_OPTIONS';

/** The token of what makes handlers available before the first message, see `StartGate`. */
export const CQRS_START_GATE = 'CQRS_START_GATE';

/** How the handlers of one event run: all at once, one after another, or one after another until one fails. */
export type EventMode = 'parallel' | 'sequential' | 'untilFailure';

/**
 * What becomes of the failures of event handlers: reported to the `UnhandledExceptionBus` and the log; reported,
 * and `publish` rejects; or handed to the caller of `publish` and not reported.
 */
export type OnEventError = 'report' | 'throw' | 'collect';

/** How events are handled where a call does not say otherwise. */
export interface EventHandling {
  /** Default: `parallel`. */
  readonly mode?: EventMode | undefined;
  /** Default: `report`. */
  readonly onError?: OnEventError | undefined;
  /**
   * What the promise of `publish` waits for: that all handlers have settled; or nothing, as with @nestjs/cqrs. What is
   * refused rejects in any case. A call that gives `onError: 'throw'` or `'collect'` waits. Default: `settled`.
   */
  readonly wait?: 'settled' | 'none' | undefined;
}

/** Whether a caller is to be told the failures of handlers, which only one who waits can be. */
export const asksForFailures = ({ onError }: EventHandling): boolean => onError === 'throw' || onError === 'collect';

/** What may be said about one `publish`. */
export interface PublishOptions extends DispatchOptions, EventHandling {}

/** Options of a `publish` whose caller wants to know what failed. */
export type Collecting = PublishOptions & { readonly onError: 'collect' };

/** A bus built without Nest. */
export interface StandaloneBusOptions<TRegistry = HandlerRegistry> {
  /** Around every dispatch, the first outermost. */
  readonly middleware?: readonly MiddlewareReference[] | undefined;
  /** The registry of handlers, which several buses may share. Default: one of its own. */
  readonly registry?: TRegistry | undefined;
}

/** An event bus built without Nest. */
export interface StandaloneEventBusOptions extends StandaloneBusOptions<EventHandlerRegistry>, EventHandling {}

/** The options of @nestjs/cqrs, which the buses read. */
export interface BusModuleOptions {
  /** Sees every command before its handler; in place of the subscribers of the bus. */
  commandPublisher?: ICommandPublisher | undefined;
  /** Sees every query before its handler; in place of the subscribers of the bus. */
  queryPublisher?: IQueryPublisher | undefined;
  /** Carries events in place of the bus. */
  eventPublisher?: IEventPublisher | undefined;
  /** Receives failures in place of the subscribers of the `UnhandledExceptionBus`. */
  unhandledExceptionPublisher?: IUnhandledExceptionPublisher | undefined;
  /** Names event types that differ as classes but are the same event. */
  eventIdProvider?: EventIdProvider | undefined;
  /** Short for `events: { onError: 'throw' }`. Default: false. */
  rethrowUnhandled?: boolean | undefined;
  /** How events are handled. */
  events?: EventHandling | undefined;
}

/** What was given to `publishAll` as a list, in a copy; a single event is a list of one. */
export const toEvents = (given: Iterable<object> | object): readonly object[] =>
  Symbol.iterator in Object(given) ? [...(given as Iterable<object>)] : [given];
