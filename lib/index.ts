// Messages
export { Command, Event, Query, RESULT_TYPE_SYMBOL, StreamQuery } from './messages/message.js';
export type {
  Askable,
  CommandResult,
  ICommand,
  IEvent,
  InstanceOf,
  IQuery,
  IQueryResult,
  MessageInstance,
  MessageKind,
  MessageType,
  NotAClass,
  QueryResult,
  SealedType,
  Served,
  StreamRow,
} from './messages/message.js';

// Handlers
export { CommandHandler, EventsHandler, QueryHandler } from './handlers/handler.decorators.js';
export type { HandlerDecorator, HandlerMethod } from './handlers/handler.decorators.js';
export type {
  FunctionResult,
  HandlerFunction,
  HandlerResult,
  ICommandHandler,
  IEventHandler,
  IQueryHandler,
  RowSource,
} from './handlers/handler.js';
export { HandlerRegistry } from './handlers/handler-registry.js';
export type { Disposer } from './handlers/changes.js';
export { EventHandlerRegistry } from './handlers/event-handler-registry.js';

// Buses
export { CommandBus } from './buses/command-bus.js';
export type { CommandHandlerType, ICommandBus } from './buses/command-bus.js';
export { QueryBus, type IQueryBus, type QueryHandlerType } from './buses/query-bus.js';
export { EventBus } from './events/event-bus.js';
export type { EventHandlerType, IEventBus } from './events/event-bus.js';
export type { EventOperator } from './events/event-operators.js';
export { ObservableBus } from './buses/observable-bus.js';
export { command, defaultCommandBus, defaultQueryBus, query } from './buses/default-buses.js';
export { CQRS_MODULE_OPTIONS } from './buses/bus-options.js';
export type { BareOptions } from './dispatch/dispatch-options.js';
export type {
  Collecting,
  EventHandling,
  EventMode,
  OnEventError,
  PublishOptions,
  StandaloneBusOptions,
  StandaloneEventBusOptions,
} from './buses/bus-options.js';
export type { EventHandlerFailure, PublishOutcome } from './events/publish-outcome.js';

// Failures that no caller catches
export { UnhandledExceptionBus } from './buses/unhandled-exception-bus.js';
export type { IUnhandledExceptionPublisher, UnhandledExceptionInfo } from './dispatch/failures.js';

// Aggregates
export { AggregateRoot } from './aggregates/aggregate-root.js';
export { WithAggregateRoot, type AggregateMethods } from './aggregates/with-aggregate-root.js';
export { EventPublisher } from './aggregates/event-publisher.js';
export { Publishable } from './aggregates/publishable.decorator.js';
export { On, type OnDecorator } from './aggregates/on.decorator.js';
export type { AbstractConstructor, ApplyOptions, Constructor, IAggregateRoot } from './aggregates/aggregate.js';

// Sagas
export { Saga } from './sagas/saga.decorator.js';
export type { PlainSagaDecorator, SagaDecorator } from './sagas/saga.decorator.js';
export { ofType } from './sagas/of-type.js';
export type { EventStream } from './sagas/event-stream.js';
export type {
  ISaga,
  PlainSagaFunction,
  SagaCommands,
  SagaEmission,
  SagaReaction,
  StreamSagaFunction,
} from './sagas/saga.js';

// Cache
export { Cached, type CachedOptions } from './caching/cached.decorator.js';
export { Touches, type TagsOf } from './caching/touches.decorator.js';
export { memoryCache, type MemoryCacheOptions } from './caching/memory-cache.js';
export type { LiveOptions } from './caching/live-options.js';
export { TouchedTags, type Touched } from './caching/touched-tags.js';

// Publishers
export type {
  EventIdProvider,
  ICommandPublisher,
  IEventPublisher,
  IMessageSource,
  IQueryPublisher,
} from './buses/publishers.js';

// What is logged
export { logMessages } from './telemetry/log-messages.js';
export type { LogMessagesOptions, MessageLogLevel } from './telemetry/log-messages.js';
export type { MessageLine } from './telemetry/message-line.js';

// Middleware
export { UseMiddleware } from './pipeline/use-middleware.decorator.js';
export { Middleware, type MiddlewarePlacement } from './pipeline/middleware.decorator.js';
export { at } from './pipeline/place.js';
export { propagateContext, propagateToRows } from './pipeline/propagate-context.js';
export { refuseSideEffects } from './pipeline/refuse-side-effects.js';
export { timeLimit } from './pipeline/time-limit.js';
export type {
  CqrsMiddleware,
  MiddlewareFunction,
  MiddlewareReference,
  MiddlewareResult,
  MiddlewareType,
  Next,
  Place,
  SelectiveMiddleware,
} from './pipeline/middleware.js';

// Policies
export { Idempotent, type IdempotentOptions } from './policies/idempotent.decorator.js';
export { Sequential, type SequentialOptions } from './policies/sequential.decorator.js';
export type { PolicyDecorator } from './policies/policy-decorator.js';
export { MemoryResults, type MemoryResultsOptions } from './policies/memory-results.js';
export { MemoryLocks } from './policies/memory-locks.js';

// Context
export { MessageContext, type DispatchOptions } from './context/message-context.js';
export type { HandlerIdentity } from './context/handler-identity.js';
export type { DispatchScope } from './context/said.js';
export { ContextOrigin } from './context/context-origin.js';
export type { OriginOptions } from './context/context-origin.js';
export { originOfHttp } from './context/http-origin.js';
export type { HttpHeaders } from './context/http-origin.js';
export { header, HeaderKey } from './context/header.js';
export type { Headers, HeaderTravel } from './context/header.js';
export { HttpContextInterceptor } from './module/http-context.interceptor.js';
export { Timeout } from './pipeline/timeout.decorator.js';
export { ASYNC_CONTEXT_ATTRIBUTE, AsyncContext } from './scopes/async-context.js';

// Validation
export { Validate } from './pipeline/validate.decorator.js';
export { validateMessage, validation } from './pipeline/validation.js';
export type { MessageValidator, ValidationOutcome } from './pipeline/message-validator.js';
export type { StandardIssue, StandardResult, StandardSchema } from './pipeline/standard-schema.js';
export { MessageValidationFilter } from './module/message-validation.filter.js';

// Envelopes
export { Envelope } from './envelope/envelope.js';
export type { EnvelopeJSON } from './envelope/envelope.js';
export { fromCloudEvent, toCloudEvent } from './envelope/cloud-event.js';
export type { CloudEventJSON, CloudEventOptions } from './envelope/cloud-event.js';
export type { EnvelopeLimits, EnvelopeOptions, PayloadEngine, RevivableTypes } from './envelope/envelope-options.js';
export { Message } from './envelope/message.decorator.js';
export type { MessageOptions } from './envelope/message.decorator.js';
export { MessageCatalog } from './envelope/message-catalog.js';
export type { MessageMeta, MessageMetaJSON } from './envelope/message-meta.js';
export { Upcast } from './envelope/upcast.decorator.js';
export type { Upcaster } from './envelope/upcast.decorator.js';

// Other processes
export { route, MessageRoute } from './transport/route.js';
export type { RouteOptions } from './transport/route.js';
export { expose, Exposure } from './transport/expose.js';
export type { ExposeOptions } from './transport/expose.js';
export type { ToldFailures } from './transport/failure-data.js';

// Messages that are stored, and handled later
export { Durable } from './transport/durable/durable.decorator.js';
export type { DurableHandlerDecorator, DurableOptions } from './transport/durable/durable.decorator.js';
export type { EnqueueOptions } from './transport/durable/enqueue-options.js';
export type { Receipt } from './transport/durable/receipt.js';
export type { RetryOptions } from './transport/durable/retry-policy.js';
export { delivery } from './transport/durable/delivery-info.js';
export type { DeliveryInfo } from './transport/durable/delivery-info.js';
export { later, Later } from './transport/durable/later.js';
export type { LaterOptions } from './transport/durable/later.js';
export { schedule, Schedule } from './transport/durable/schedule.js';
export type { ScheduleOptions } from './transport/durable/schedule.js';
export { DeadLetters } from './transport/durable/dead-letters.js';
export type { DeadMessage } from './transport/durable/dead-letters.js';
export type { DeadLetterChoice, DeadLetterFilter, DiscardChoice } from './transport/durable/dead-letter-options.js';
export { Queues } from './transport/durable/queues.js';
export type { QueueState } from './transport/durable/queues.js';
export { Schedules } from './transport/durable/schedules.js';
export type { ScheduleState } from './transport/durable/schedules.js';

// Module
export { CqrsModule } from './module/cqrs.module.js';
export type {
  BusOptions,
  CqrsModuleAsyncOptions,
  CqrsModuleOptions,
  CqrsModuleOptionsFactory,
  DurableModuleOptions,
  EventBusOptions,
  PolicyOptions,
  SagaOptions,
  ShutdownOptions,
  ValidationOptions,
} from './module/cqrs.options.js';

// What goes where
export { Wiring } from './introspection/wiring.js';
export type { WiringDocumentOptions, WiringExplainOptions } from './introspection/wiring.js';
export type { WiringEntry, WiringTextOptions } from './introspection/wiring-entry.js';
export type { WiringDiagramOptions } from './introspection/wiring-mermaid.js';
export type { Source, WiringDocument, WiringLink, WiringObserved } from './introspection/wiring-document.js';
export type { Observed, ObservedOptions } from './introspection/observed.js';
export { ObservedLinks } from './module/observed-links.js';
export { previewWiring } from './module/preview-wiring.js';
export type { PreviewOptions } from './module/preview-wiring.js';

// Errors
export { CqrsException } from './errors/cqrs.exception.js';
export type { Problem } from './errors/cqrs.exception.js';
export { BusClosedException } from './errors/bus-closed.exception.js';
export { DispatchTimeoutException } from './errors/dispatch-timeout.exception.js';
export { DuplicateMessageNameException } from './errors/duplicate-message-name.exception.js';
export { EnvelopeException } from './errors/envelope.exception.js';
export { EventHandlersFailedException } from './errors/event-handlers-failed.exception.js';
export { HandlerAlreadyRegisteredException } from './errors/handler-already-registered.exception.js';
export {
  CommandHandlerNotFoundException,
  HandlerNotFoundException,
  QueryHandlerNotFoundException,
} from './errors/handler-not-found.exception.js';
export { InvalidHandlerException } from './errors/invalid-handler.exception.js';
export { InvalidMessageException } from './errors/invalid-message.exception.js';
export { InvalidMiddlewareException } from './errors/invalid-middleware.exception.js';
export { MessageValidationException } from './errors/message-validation.exception.js';
export type { Violation } from './errors/message-validation.exception.js';
export { MessageVersionException } from './errors/message-version.exception.js';
export { NoContextException } from './errors/no-context.exception.js';
export { NoEventBusException } from './errors/no-event-bus.exception.js';
export { NotAStreamException } from './errors/not-a-stream.exception.js';
export { NotWiredException } from './errors/not-wired.exception.js';
export { QuerySideEffectException } from './errors/query-side-effect.exception.js';
export { RemoteException } from './errors/remote.exception.js';
export type { RemoteError } from './errors/remote.exception.js';
export { RemoteUnavailableException } from './errors/remote-unavailable.exception.js';
export { SagaBacklogException } from './errors/saga-backlog.exception.js';
export { ShutdownTimeoutException } from './errors/shutdown-timeout.exception.js';
export { StaleMessageException } from './errors/stale-message.exception.js';
export { StreamQueryAskedException } from './errors/stream-query-asked.exception.js';
export { UnknownMessageException } from './errors/unknown-message.exception.js';
export { UnrecoverableException } from './errors/unrecoverable.exception.js';
export {
  CqrsWiringException,
  InvalidCommandHandlerException,
  InvalidEventsHandlerException,
  InvalidQueryHandlerException,
  InvalidSagaException,
  UnsupportedSagaScopeException,
} from './errors/wiring.exception.js';
export type { WiringProblem } from './errors/wiring.exception.js';
