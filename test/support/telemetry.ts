import { context, metrics, propagation, trace, type Attributes } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type ReadableSpan,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-base';

export const spans = new InMemorySpanExporter();
const reader = new PeriodicExportingMetricReader({
  exporter: new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE),
  exportIntervalMillis: 2 ** 30,
});

/** The SDK of OpenTelemetry for one test file, with exporters in memory. */
export function useTelemetry({
  contexts = true,
  processors = [],
}: { contexts?: boolean; processors?: readonly SpanProcessor[] } = {}): void {
  beforeAll(() => {
    if (contexts) context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    const propagators = [new W3CTraceContextPropagator(), new W3CBaggagePropagator()];
    propagation.setGlobalPropagator(new CompositePropagator({ propagators }));
    trace.setGlobalTracerProvider(
      new BasicTracerProvider({ spanProcessors: [...processors, new SimpleSpanProcessor(spans)] }),
    );
    metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
  });
  afterEach(() => spans.reset());
  afterAll(async () => {
    await reader.shutdown();
    for (const api of [context, propagation, trace, metrics]) api.disable();
  });
}

export const spanOf = (name: string): ReadableSpan => {
  const found = spans.getFinishedSpans().filter(span => span.name === name);
  if (found.length !== 1) throw new Error(`${found.length} spans are called ${name}: ${namesOfSpans().join(', ')}`);
  return found[0]!;
};

export const namesOfSpans = (): string[] => spans.getFinishedSpans().map(({ name }) => name);

/** The finished spans below each other, children in the order of their begin. */
export function tree(): string[] {
  const all = spans.getFinishedSpans();
  const ids = new Set(all.map(span => span.spanContext().spanId));
  const below = (id: string | undefined, depth: string): string[] =>
    all
      .filter(({ parentSpanContext: parent }) =>
        id === undefined ? !ids.has(parent?.spanId ?? '') : parent?.spanId === id,
      )
      .toSorted((one, other) => one.name.localeCompare(other.name))
      .flatMap(span => [`${depth}${span.name}`, ...below(span.spanContext().spanId, `${depth}  `)]);
  return below(undefined, '');
}

export interface Measured {
  readonly attributes: Attributes;
  readonly value: unknown;
}

const collected = async () => (await reader.collect()).resourceMetrics.scopeMetrics.flatMap(scope => scope.metrics);

/** What all instruments say of themselves. */
export const descriptors = async () => (await collected()).map(({ descriptor }) => descriptor);

/** All data points of a metric. */
export async function measured(name: string): Promise<Measured[]> {
  return (await collected())
    .filter(({ descriptor }) => descriptor.name === name)
    .flatMap(({ dataPoints }) => dataPoints as Measured[]);
}
