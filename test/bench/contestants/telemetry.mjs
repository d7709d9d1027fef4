import { context, metrics, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { CqrsInstrumentation } from 'nestjs-cqrs/opentelemetry';

/** Takes spans and drops them at once: the exporter in memory answers by a timer, which a busy process does not reach. */
const dropping = {
  export: (_spans, done) => done({ code: 0 }),
  forceFlush: async () => undefined,
  shutdown: async () => undefined,
};

/** Sets up the SDK, with exporters in memory. Each contestant has a process of its own. */
export function sdk({ spans = false, measures = false }) {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  if (spans)
    trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(dropping)] }));
  if (!measures) return;
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 2 ** 30 });
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
}

/** Before the application starts. */
export const instrumented = options => void new CqrsInstrumentation(options);
