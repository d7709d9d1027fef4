import { CqrsInstrumentation, CqrsOpenTelemetryModule } from 'nestjs-cqrs/opentelemetry';

// @ts-expect-error: no such detail
CqrsOpenTelemetryModule.forRoot({ detail: 'all' });

// @ts-expect-error: only an instrumentation can be off at first
CqrsOpenTelemetryModule.forRoot({ enabled: false });

// @ts-expect-error: attributes are not a promise
CqrsOpenTelemetryModule.forRoot({ attributes: async () => ({}) });

// @ts-expect-error: no provider
new CqrsInstrumentation().setTracerProvider();
