import { context, metrics, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { CqrsInstrumentation } from 'nestjs-cqrs/opentelemetry';

/** Exported spans are dropped: only making them is measured. */
class Dropping extends InMemorySpanExporter {
  export(spans, done) {
    super.export(spans, done);
    this.reset();
  }
}

/** Sets up the SDK, with exporters in memory. Each contestant has a process of its own. */
export function sdk({ spans = false, measures = false }) {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  if (spans)
    trace.setGlobalTracerProvider(
      new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(new Dropping())] }),
    );
  if (!measures) return;
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 2 ** 30 });
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
}

/** Before the application starts. */
export const instrumented = options => void new CqrsInstrumentation(options);
