import type { InjectionToken, ModuleMetadata, OptionalFactoryDependency, Provider, Type } from '@nestjs/common';
import type { BusModuleOptions, EventHandling } from '../buses/bus-options.js';
import type { EnvelopeOptions } from '../envelope/envelope-options.js';
import type { MessageType } from '../messages/message.js';
import type { MessageValidator } from '../pipeline/message-validator.js';
import type { MiddlewareReference } from '../pipeline/middleware.js';

/** What may be said about one of the buses. */
export interface BusOptions {
  /** Around every message of this bus, within the middleware of the module; the first is the outermost. Default: none. */
  readonly middleware?: readonly MiddlewareReference[];
  /** How long a dispatch (for events: each handler) may take, in milliseconds. Default: `timeout` of the module. */
  readonly timeout?: number;
}

/** Which messages are validated, and by what. */
export interface ValidationOptions {
  /**
   * Every dispatch; or those that come from outside of the process, which their sender says by the option `fromOutside`,
   * as envelopes do; or none. Default: `all`.
   */
  readonly on?: 'all' | 'outside' | 'none';
  /** Validators beside Standard Schema, which is always there. Default: none. */
  readonly with?: readonly MessageValidator[];
}

/** What may be said about the event bus. */
export interface EventBusOptions extends BusOptions, EventHandling {
  /**
   * Whether the first publish of an event warns of its handlers that are declared but not among the providers of the
   * application. Default: `warn`.
   */
  readonly notProvided?: 'warn' | 'ignore';
}

/** What may be said about sagas. */
export interface SagaOptions {
  /** How many commands of one saga run at a time; the others wait. Default: no limit. */
  readonly concurrency?: number;
  /**
   * In which asynchronous context, that is with the stores of which `AsyncLocalStorage`s, the commands of sagas run:
   * that of the publisher of their event, or none, for applications whose storage holds a transaction that has ended by
   * then. Default: `publisher`.
   */
  readonly asyncLocalStorage?: 'publisher' | 'none';
}

/** What happens when the application closes. */
export interface ShutdownOptions {
  /** How long what still runs is awaited, in milliseconds; what is left then is reported. Default: 10,000. */
  readonly timeout?: number;
}

/** The options of `CqrsModule.forRoot()`; everything may be left out. */
export interface CqrsModuleOptions extends BusModuleOptions {
  /** Around every message of every bus; the first is the outermost. Default: none. */
  middleware?: readonly MiddlewareReference[];
  /** The command bus. */
  commands?: BusOptions;
  /** The query bus. */
  queries?: BusOptions;
  /** The event bus: middleware (around each handler), `mode`, `onError`, `wait`. */
  events?: EventBusOptions;
  /** Sagas. */
  sagas?: SagaOptions;
  /** The end of the application. */
  shutdown?: ShutdownOptions;
  /** Whether a second handler of a command or query is an error, or a warning and the first one serves. Default: `error`. */
  duplicates?: 'error' | 'warn';
  /** Commands and queries that must have a handler, or the start fails. Default: none. */
  expectHandlersFor?: readonly MessageType[];
  /**
   * Whether each dispatch is found by `MessageContext.current()` in whatever it runs, so that nested dispatches
   * inherit correlation without being told. Costs an `AsyncLocalStorage.run` a dispatch. Default: false.
   */
  propagateContext?: boolean;
  /** How long a dispatch may take, in milliseconds; for events, each handler. Default: no limit. */
  timeout?: number;
  /** Which messages are validated by their schemas. Default: all, at every dispatch. */
  validation?: ValidationOptions;
  /** Limits and engines of the envelopes that the `MessageCatalog` of the application writes and reads. */
  envelopes?: Omit<EnvelopeOptions, 'types'>;
  /** Messages that the `MessageCatalog` knows beside those that have a handler here. Default: none. */
  messages?: readonly MessageType[];
  /**
   * Whether a query handler that sends a command or publishes an event is refused, and a command handler whose result
   * `dispatch` drops warned about, once a type; implies `propagateContext`. Default: false.
   */
  strict?: boolean;
  /**
   * Whether request-scoped instances are made by plans, which is faster, or all by Nest; see docs/instance-plans.md.
   * Default: true.
   */
  instancePlans?: boolean;
}

/** What makes module options; a provider of the application. */
export interface CqrsModuleOptionsFactory {
  createCqrsOptions(): Promise<CqrsModuleOptions> | CqrsModuleOptions;
}

/** Options of the module that other providers make; one of the `use…` is needed. */
export interface CqrsModuleAsyncOptions {
  /** Modules whose exports the factory injects. */
  imports?: ModuleMetadata['imports'];
  /** A provider of an imported module that makes the options. */
  useExisting?: Type<CqrsModuleOptionsFactory>;
  /** A class that makes the options, instantiated for it. */
  useClass?: Type<CqrsModuleOptionsFactory>;
  /** A function that makes the options, given what `inject` lists. */
  useFactory?: (...args: any[]) => Promise<CqrsModuleOptions> | CqrsModuleOptions; // eslint-disable-line @typescript-eslint/no-explicit-any -- as in Nest's own factories
  /** The options themselves. */
  useValue?: CqrsModuleOptions;
  /** What `useFactory` is given. */
  inject?: (InjectionToken | OptionalFactoryDependency)[];
  /** Providers that the class or factory needs. */
  extraProviders?: Provider[];
}
