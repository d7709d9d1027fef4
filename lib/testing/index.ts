// Send a message, and wait for all that it causes
export { track } from './flow/track.js';
export type { Tracking, TrackOptions } from './flow/track.js';
export type { Flow, FlowJSON, FlowMessageJSON, SettleOptions } from './flow/flow.js';
export type { FlowFailure } from './flow/flow-log.js';
export type { Recording } from './flow/recording.js';
export type { HandlerRun, Recorded } from './flow/recorded.js';

// Start an application for a test
export { testApp } from './test-app.js';
export type { StubOf, TestApp, TestAppOptions } from './test-app.js';

// A test as one sentence: of an application, an aggregate, a saga
export { scenario } from './scenario/scenario.js';
export type { Scenario, ScenarioOptions, StubAnswer } from './scenario/scenario.js';
export type { ScenarioOutcome } from './scenario/outcome.js';
export { scenarioOf } from './scenario/aggregate-scenario.js';
export type { AggregateOutcome, AggregateScenario, AsyncAggregateOutcome } from './scenario/aggregate-scenario.js';
export { sagaOf } from './scenario/saga-scenario.js';
export type { SagaOutcome, SagaScenario } from './scenario/saga-scenario.js';
export { partly } from './scenario/partly.js';
export type { ErrorMessage, ErrorType } from './scenario/expected-failure.js';
export type { Answered, SendOptions } from './scenario/send.js';

// Answer in place of a handler
export { restoreStubs, stub } from './stub/stub.js';
export type { Stub, StubbedMessage } from './stub/stub.js';

// Let time pass
export { virtualTime } from './time/virtual-time.js';
export type { VirtualTime, VirtualTimeOptions } from './time/virtual-time.js';
export type { TimeSpan } from './time/duration.js';

// Ask `expect()` of a flow: `nestjs-cqrs/testing/jest` and `nestjs-cqrs/testing/vitest` extend it
export { flowMatchers } from './matchers/flow-matchers.js';
export type { FlowMatchers, Matched } from './matchers/flow-matchers.js';

// Check a middleware of your own
export { middlewareCase } from './middleware/middleware-case.js';
export type { MiddlewareCase, MiddlewareCaseOptions } from './middleware/middleware-case.js';
export type { Attempts, MiddlewareEffect, MiddlewareRun, RunThrough } from './middleware/middleware-run.js';
export type { MiddlewareCheck } from './middleware/middleware-checks.js';

// See who sends what while tests run
export { collectLinks } from './collect-links.js';
export type { CollectedLinks } from './collect-links.js';

// Test durable messages without an engine, in virtual time
export { MemoryTransport } from './memory-transport.js';
export type { BegunTransaction, MemoryTransportOptions } from './memory-transport.js';
export type { MemoryClock } from './memory-clock.js';

// Test messages that leave a process without a network
export { MemoryRemote } from './memory-remote.js';

// Check an adapter of your own
export { remoteConformance } from './conformance/remote-conformance.js';
export type { ConformanceCase, RemoteConformance } from './conformance/remote-conformance.js';
export { serveConformance } from './conformance/serve.js';
export { callConformance } from './conformance/call.js';
export type { ConformanceApplication } from './conformance/serve.js';
export type {
  ConformanceNote,
  ConformanceOrder,
  ConformanceProcess,
  NoteTaker,
  RemoteConformanceAdapter,
} from './conformance/adapter.js';

// Check a durable adapter of your own
export { durableConformance } from './conformance/durable-conformance.js';
export type { DurableConformance } from './conformance/durable-conformance.js';
export type { ConformanceTransaction, DurableConformanceAdapter } from './conformance/durable-adapter.js';

// Check transactions of your own for units of work
export { unitOfWorkConformance } from './conformance/units/unit-of-work-conformance.js';
export type { UnitOfWorkConformance } from './conformance/units/unit-of-work-conformance.js';
export type { UnitOfWorkConformanceAdapter } from './conformance/units/adapter.js';

// Check stores of your own for @Idempotent and @Sequential
export { resultStoreConformance } from './conformance/policies/result-store-conformance.js';
export type { ResultStoreConformance } from './conformance/policies/result-store-conformance.js';
export { lockStoreConformance } from './conformance/policies/lock-store-conformance.js';
export type { LockStoreConformance } from './conformance/policies/lock-store-conformance.js';
export type { LockStoreConformanceAdapter, ResultStoreConformanceAdapter } from './conformance/policies/adapter.js';

// Check a cache of your own for @Cached
export { queryCacheConformance } from './conformance/caching/query-cache-conformance.js';
export type { QueryCacheConformance } from './conformance/caching/query-cache-conformance.js';
export type { QueryCacheConformanceAdapter } from './conformance/caching/adapter.js';
