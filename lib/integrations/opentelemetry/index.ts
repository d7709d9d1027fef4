export { CqrsInstrumentation } from './cqrs-instrumentation.js';
export type { CqrsInstrumentationOptions } from './cqrs-instrumentation.js';
export { CqrsOpenTelemetryModule } from './cqrs-opentelemetry.module.js';
export type { CqrsTelemetryOptions } from './options.js';
