// For authors of adapters: the ports that an integration implements. Applications import from `nestjs-cqrs`.

// Validate messages, convert payloads
export type { MessageValidator, ValidationOutcome } from './pipeline/message-validator.js';
export type { Violation } from './errors/message-validation.exception.js';
export type { PayloadEngine } from './envelope/envelope-options.js';
export type { MessageType } from './messages/message.js';
export { wireNameOf } from './envelope/message.decorator.js';

// Call a handler: `new HandlerRegistry().registerInvoker(type, invoker)`
export { EventHandlerRegistry } from './handlers/event-handler-registry.js';
export { HandlerRegistry } from './handlers/handler-registry.js';
export type { Disposer } from './handlers/changes.js';
export type { HandlerInvoker } from './handlers/handler-invoker.js';
export type { MiddlewareReference } from './pipeline/middleware.js';
export type { HandlerIdentity, HandlerTarget } from './context/handler-identity.js';
export type { MessageContext } from './context/message-context.js';

// Run a pipeline within a policy of another library: end what a middleware wraps, hear of the end of the caller
export { earlyEnd, endsEarly } from './pipeline/early-end.js';
export type { EarlyEnd } from './pipeline/early-end.js';
export { onAbort } from './context/on-abort.js';
export type { MiddlewareFunction, Next, Place } from './pipeline/middleware.js';

// Watch what an application does: `observe(app, probe)`
export { observe } from './module/observe.js';
export { whenDone } from './pipeline/watched-step.js';
export type { StepOutcome } from './pipeline/watched-step.js';
export type {
  Probe,
  ProbePoint,
  Published,
  Received,
  RowsRead,
  SagaCommand,
  SagaMoment,
  Watched,
  Watching,
} from './pipeline/probe.js';

// Hear of each application that is wired, and trace it by channels: `tracingChannel('nestjs-cqrs:dispatch')`
export { onWired } from './telemetry/channels.js';
export type { Wired } from './telemetry/channels.js';
export type { ChannelMessage } from './telemetry/channel-message.js';

// Publish elsewhere: the property `publisher` of a bus
export type { ICommandPublisher, IEventPublisher, IMessageSource, IQueryPublisher } from './buses/publishers.js';

// Fail with a code and a remedy
export { CqrsException } from './errors/cqrs.exception.js';
export type { Problem } from './errors/cqrs.exception.js';

// Carry messages to other processes: `route(…).to(transport)`, `expose(…).on(server)`
export type {
  Endpoint,
  RemoteFeatures,
  RemoteServer,
  RemoteTransport,
  ServingApplication,
} from './transport/remote-transport.js';
export type {
  AcceptedFrame,
  AliveFrame,
  ControlFrame,
  DoneFrame,
  FailedFrame,
  FailureJSON,
  ReplyFrame,
  RequestFrame,
  RowsFrame,
  RowsWanted,
} from './transport/frame.js';
export { TransportException } from './errors/transport.exception.js';
export type { RemoteOutcome } from './errors/transport.exception.js';

// Store messages and hand them out: `CqrsModule.forRoot({ durable: { transport } })`
export type {
  DeadLetter,
  DeadLetterPage,
  DeadLetterStore,
  Delivery,
  DurableFeatures,
  DurableTransport,
  Job,
  JobData,
  Outcome,
  QueueNumbers,
  QueueSpec,
  ScheduleStore,
  StoredJob,
  StoredSchedule,
} from './transport/durable/durable-transport.js';
export type { RetryPolicy } from './transport/durable/retry-policy.js';
export { LateAbort } from './context/late-abort.js';

// Open transactions: `CqrsModule.forRoot({ unitOfWork })`
export { InTransaction } from './units/in-transaction.decorator.js';
export { Transactional } from './units/transactional.decorator.js';
export type { TransactionalOptions } from './units/transactional.decorator.js';
export type { Propagation, Transactions } from './units/transactions.js';

// Keep results and locks by key: `CqrsModule.forRoot({ policies })`
export type { IdempotentDispatch, KeyedDispatch, LockStore, ResultStore, StorePlace } from './policies/stores.js';

// Keep answers of queries: `CqrsModule.forRoot({ cache })`
export type { CachedResult, CachedResultAbout, QueryCache } from './caching/query-cache.js';

// Look at an application without taking in messages
export { idleApplication } from './module/idle-application.js';
export type { IdleOptions } from './module/idle-application.js';
