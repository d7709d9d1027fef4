import type { InjectionToken, ModuleMetadata, OptionalFactoryDependency, Provider, Type } from '@nestjs/common';
import type { BusModuleOptions, EventHandling } from '../buses/bus-options.js';
import type { EnvelopeOptions } from '../envelope/envelope-options.js';
import type { QueryCache } from '../caching/query-cache.js';
import type { MessageType } from '../messages/message.js';
import type { MessageValidator } from '../pipeline/message-validator.js';
import type { MiddlewareReference } from '../pipeline/middleware.js';
import type { LockStore, ResultStore } from '../policies/stores.js';
import type { DurableTransport } from '../transport/durable/durable-transport.js';
import type { RetryOptions } from '../transport/durable/retry-policy.js';
import type { Schedule } from '../transport/durable/schedule.js';
import type { Exposure } from '../transport/expose.js';
import type { Transactions } from '../units/transactions.js';
import type { MessageRoute } from '../transport/route.js';

/** Options of one bus. */
export interface BusOptions {
  /** Around every message of this bus, inside the module's; outermost first. Default: none. */
  readonly middleware?: readonly MiddlewareReference[];
  /** Time limit per dispatch (events: per handler), in milliseconds. Default: the module's `timeout`. */
  readonly timeout?: number;
}

/** Which messages are validated, and how. */
export interface ValidationOptions {
  /** `outside`: dispatches with `fromOutside`, which envelopes set. Default: `all`. */
  readonly on?: 'all' | 'outside' | 'none';
  /** Besides Standard Schema. Default: none. */
  readonly with?: readonly MessageValidator[];
}

/** Options of the event bus. */
export interface EventBusOptions extends BusOptions, EventHandling {
  /** At an event's first publish, for handlers declared but not provided. Default: `warn`. */
  readonly notProvided?: 'warn' | 'ignore';
}

/** Options of sagas. */
export interface SagaOptions {
  /** Commands per saga at a time; others wait. Default: no limit. */
  readonly concurrency?: number;
  /**
   * Whose `AsyncLocalStorage` stores commands of sagas see; `none` where a store may hold a finished transaction.
   * Default: `publisher`.
   */
  readonly asyncLocalStorage?: 'publisher' | 'none';
}

/** Messages that are stored, and handled later. */
export interface DurableModuleOptions {
  /** The engine: `pgBoss(boss)`, `bullmq(connection)`; in tests `new MemoryTransport()`. */
  readonly transport: DurableTransport;
  /** How a failed message is tried again, unless `@Durable` or the call says otherwise. */
  readonly retry?: RetryOptions;
  /** Messages of one queue that this process handles at a time. Default: 8. */
  readonly concurrency?: number;
  /** Whether this process handles stored messages, or only stores them. Default: true. */
  readonly work?: boolean;
  /** Commands that are stored again and again; those that are no longer listed are removed at startup. Default: none. */
  readonly schedules?: readonly Schedule[];
  /**
   * Commands that another process handles, so that this one may store them: classes, or names of `@Message` with `*`
   * for any characters. Default: none.
   */
  readonly elsewhere?: readonly (MessageType | string)[];
}

/** Where `@Idempotent` and `@Sequential` keep what they know. */
export interface PolicyOptions {
  /** Results of `@Idempotent`. Default: `new MemoryResults()`. */
  readonly results?: ResultStore;
  /** Locks of `@Sequential`. Default: `new MemoryLocks()`. */
  readonly locks?: LockStore;
}

/** Options for closing the application. */
export interface ShutdownOptions {
  /** How long running work is awaited, in milliseconds; the rest is reported. Default: 10,000. */
  readonly timeout?: number;
}

/** The options of `CqrsModule.forRoot()`. */
export interface CqrsModuleOptions extends BusModuleOptions {
  /** Around every message of every bus; outermost first. Default: none. */
  middleware?: readonly MiddlewareReference[];
  commands?: BusOptions;
  queries?: BusOptions;
  /** Middleware wraps each handler. */
  events?: EventBusOptions;
  sagas?: SagaOptions;
  shutdown?: ShutdownOptions;
  /** For a second command or query handler; under `warn` the first serves. Default: `error`. */
  duplicates?: 'error' | 'warn';
  /** Commands and queries without which startup fails. Default: none. */
  expectHandlersFor?: readonly MessageType[];
  /**
   * Lets `MessageContext.current()` find the dispatch, and nested dispatches inherit correlation. Costs one
   * `AsyncLocalStorage.run` per dispatch. Default: false.
   */
  propagateContext?: boolean;
  /** Messages that other processes handle: `route('billing.*').to(billing)`. Default: none. */
  routes?: readonly MessageRoute[];
  /** Messages that other processes may send here: `expose(Charge).on(server)`. Default: none. */
  expose?: readonly Exposure[];
  /** Stores messages, to be handled later. Default: none are stored. */
  durable?: DurableModuleOptions;
  /**
   * Transactions for handlers with `@Transactional`: `transactional()` of `nestjs-cqrs/transactional`. Events that are
   * published within one reach their handlers after the commit. Default: none.
   */
  unitOfWork?: Transactions;
  /** For `@Idempotent` and `@Sequential`: stores of `nestjs-cqrs/transactional`. Default: in memory. */
  policies?: PolicyOptions;
  /** For `@Cached` queries: `memoryCache()`, or `bentoCache()` of `nestjs-cqrs/cache`. Default: none. */
  cache?: QueryCache;
  /** Time limit per dispatch (events: per handler), in milliseconds. Default: no limit. */
  timeout?: number;
  /** Default: all messages. */
  validation?: ValidationOptions;
  /** Limits and engines of the `MessageCatalog`'s envelopes. */
  envelopes?: Omit<EnvelopeOptions, 'types'>;
  /** For the `MessageCatalog`, besides handled ones. Default: none. */
  messages?: readonly MessageType[];
  /**
   * Refuses query handlers that send commands or publish events; warns, once per type, of command results that
   * `dispatch` drops. Implies `propagateContext`. Default: false.
   */
  strict?: boolean;
  /** Plans, faster than Nest, make request-scoped instances; see docs/instance-plans.md. Default: true. */
  instancePlans?: boolean;
}

/** A provider that makes the module options. */
export interface CqrsModuleOptionsFactory {
  createCqrsOptions(): Promise<CqrsModuleOptions> | CqrsModuleOptions;
}

/** Module options made by other providers; one `use…` required. */
export interface CqrsModuleAsyncOptions {
  imports?: ModuleMetadata['imports'];
  /** Provided by an imported module. */
  useExisting?: Type<CqrsModuleOptionsFactory>;
  useClass?: Type<CqrsModuleOptionsFactory>;
  useFactory?: (...args: any[]) => Promise<CqrsModuleOptions> | CqrsModuleOptions; // eslint-disable-line @typescript-eslint/no-explicit-any -- as in Nest's own factories
  useValue?: CqrsModuleOptions;
  inject?: (InjectionToken | OptionalFactoryDependency)[];
  extraProviders?: Provider[];
}
