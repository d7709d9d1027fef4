import type { HandlerRegistry } from '../handlers/handler-registry.js';
import type { EventHandlerRegistry } from '../handlers/event-handler-registry.js';
import type { DispatchOptions } from '../context/message-context.js';
import type { MiddlewareReference } from '../pipeline/middleware.js';
import type { EventIdProvider, ICommandPublisher, IEventPublisher, IQueryPublisher } from './publishers.js';
import type { IUnhandledExceptionPublisher } from '../dispatch/failures.js';

/** Injection token of the module options. */
export const CQRS_MODULE_OPTIONS = 'CQRS_MODULE_OPTIONS';

/** Runs an event's handlers at once, in turn, or in turn until one fails. */
export type EventMode = 'parallel' | 'sequential' | 'untilFailure';

/**
 * `report` tells the `UnhandledExceptionBus` and the log; `throw` also makes `publish` reject; `collect` only returns
 * the failures.
 */
export type OnEventError = 'report' | 'throw' | 'collect';

/** How events are handled by default. */
export interface EventHandling {
  /** Default: `parallel`. */
  readonly mode?: EventMode | undefined;
  /** Default: `report`. */
  readonly onError?: OnEventError | undefined;
  /**
   * Whether `publish` waits until all handlers have settled (default), or not (as in @nestjs/cqrs). It waits under
   * `onError: 'throw'` or `'collect'`; a refused event always rejects.
   */
  readonly wait?: 'settled' | 'none' | undefined;
}

export const asksForFailures = ({ onError }: EventHandling): boolean => onError === 'throw' || onError === 'collect';

/** Options of one `publish`. */
export interface PublishOptions extends DispatchOptions, EventHandling {}

/** Options of a `publish` that returns failures. */
export type Collecting = PublishOptions & { readonly onError: 'collect' };

/** Options of a bus without Nest. */
export interface StandaloneBusOptions<TRegistry = HandlerRegistry> {
  /** Around every dispatch, the first outermost. */
  readonly middleware?: readonly MiddlewareReference[] | undefined;
  /** Several buses may share it. Default: its own. */
  readonly registry?: TRegistry | undefined;
}

/** Options of an event bus without Nest. */
export interface StandaloneEventBusOptions extends StandaloneBusOptions<EventHandlerRegistry>, EventHandling {}

export interface BusModuleOptions {
  /** In place of subscribers. */
  commandPublisher?: ICommandPublisher | undefined;
  /** In place of subscribers. */
  queryPublisher?: IQueryPublisher | undefined;
  /** In place of the bus. */
  eventPublisher?: IEventPublisher | undefined;
  /** In place of subscribers. */
  unhandledExceptionPublisher?: IUnhandledExceptionPublisher | undefined;
  /** Tells which event classes are one event. */
  eventIdProvider?: EventIdProvider | undefined;
  /** Short for `events: { onError: 'throw' }`. Default: false. */
  rethrowUnhandled?: boolean | undefined;
  events?: EventHandling | undefined;
}
