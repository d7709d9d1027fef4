import { context as contexts, propagation, ProxyTracerProvider, trace, type TracerProvider } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CBaggagePropagator } from '@opentelemetry/core';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import {
  CqrsModule,
  Event,
  EventsHandler,
  expose,
  Message,
  Query,
  QueryHandler,
  route,
  type MessageContext,
} from '../../../lib/index.js';
import {
  CqrsInstrumentation,
  CqrsOpenTelemetryModule,
  type CqrsInstrumentationOptions,
} from '../../../lib/integrations/opentelemetry/index.js';
import { MemoryRemote } from '../../../lib/testing/index.js';
import { start } from '../../support/application.js';
import { GetPrice, PlaceOrder, shop } from './shop.js';
import manifest from '../../../package.json' with { type: 'json' };

@Message({ name: 'telemetry.rate' })
class GetRate extends Query<number> {}

const instrumentations: CqrsInstrumentation[] = [];

function instrumentation(options?: CqrsInstrumentationOptions): CqrsInstrumentation {
  const made = new CqrsInstrumentation(options);
  instrumentations.push(made);
  return made;
}

afterEach(() => instrumentations.splice(0).forEach(each => each.disable()));

const application = () => start({ imports: [CqrsModule.forRoot()], providers: [shop] });

function provider() {
  const exporter = new InMemorySpanExporter();
  const tracers: TracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  return { tracers, names: () => exporter.getFinishedSpans().map(({ name }) => name) };
}

/** A provider, and how often it has measured that a query was handled. */
function meters() {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 2 ** 30 });
  const count = async (): Promise<number> => {
    const { resourceMetrics } = await reader.collect();
    await reader.shutdown();
    const [scope] = resourceMetrics.scopeMetrics;
    const durations = scope!.metrics.find(({ descriptor }) => descriptor.name === 'messaging.process.duration');
    return (durations!.dataPoints[0]!.value as { count: number }).count;
  };
  return { provider: new MeterProvider({ readers: [reader] }), count };
}

describe('CqrsInstrumentation', () => {
  it('traces applications that start later, until it is disabled, with the provider that it is given', async () => {
    const made = instrumentation();
    const [first, second] = [provider(), provider()];
    made.setTracerProvider(first.tracers);
    const { queries } = await application();
    await queries.execute(new GetPrice());
    made.disable();
    await queries.execute(new GetPrice());
    expect(first.names()).toEqual(['ask GetPrice']);
    made.enable();
    made.setTracerProvider(second.tracers);
    made.setConfig({ detail: 'middleware' });
    await queries.execute(new GetPrice());
    expect(first.names()).toEqual(['ask GetPrice']);
    expect(second.names()).toEqual(['handler Shop.price', 'ask GetPrice']);
  });

  it('measures with the provider that it is given, also after another', async () => {
    const made = instrumentation({ spans: false });
    const [first, second] = [meters(), meters()];
    made.setMeterProvider(first.provider);
    const { queries } = await application();
    await queries.execute(new GetPrice());
    made.setMeterProvider(second.provider);
    await queries.execute(new GetPrice());
    await queries.execute(new GetPrice());
    expect([await first.count(), await second.count()]).toEqual([1, 2]);
  });

  it('handles messages where spans of the provider lead nowhere', async () => {
    const made = instrumentation({ detail: 'middleware' });
    made.setTracerProvider({ getTracer: () => new ProxyTracerProvider().getTracer('none') });
    const { commands } = await application();
    expect(await commands.execute(new PlaceOrder())).toBe('tea');
    expect(trace.getActiveSpan()).toBeUndefined();
  });

  it('leaves the pipelines as they are while it is not enabled', async () => {
    const made = instrumentation({ enabled: false });
    const { queries } = await application();
    expect(queries.dispatcher.probes.isEmpty).toBe(true);
    expect(made.getConfig()).toEqual({ enabled: false });
    made.enable();
    expect(queries.dispatcher.probes.isEmpty).toBe(false);
  });

  it('has what the interface of the SDK asks for', () => {
    const made = instrumentation({ spans: true });
    expect(made).toMatchObject({
      instrumentationName: 'nestjs-cqrs/opentelemetry',
      instrumentationVersion: manifest.version.split('.')[0],
    });
    expect(made.getConfig()).toEqual({ spans: true, enabled: true });
  });
});

describe('without a provider', () => {
  it('nothing is recorded, and messages are handled; one that comes late is found', async () => {
    const { queries } = await start({
      imports: [CqrsModule.forRoot(), CqrsOpenTelemetryModule.forRoot()],
      providers: [shop],
    });
    expect(await queries.execute(new GetPrice())).toBe(3);
    const { tracers, names } = provider();
    trace.setGlobalTracerProvider(tracers);
    await queries.execute(new GetPrice());
    trace.disable();
    expect(names()).toEqual(['ask GetPrice']);
  });

  it('the event whose publisher sets one is the first of which all is seen: its handlers too', async () => {
    class Paid extends Event {}
    class Notes {
      @EventsHandler(Paid)
      note() {}
    }
    const { events } = await start({
      imports: [CqrsModule.forRoot(), CqrsOpenTelemetryModule.forRoot()],
      providers: [Notes],
    });
    await events.publish(new Paid());
    const { tracers, names } = provider();
    trace.setGlobalTracerProvider(tracers);
    await events.publish(new Paid());
    trace.disable();
    expect(names().toSorted()).toEqual(['process Paid', 'publish Paid']);
  });

  it('messages that leave carry what is active, by the propagator of the process', async () => {
    const remote = new MemoryRemote('prices');
    const routes = [route(GetRate).to(remote.transport())];
    const telemetry = CqrsOpenTelemetryModule.forRoot();
    const { queries } = await start({ imports: [CqrsModule.forRoot({ routes }), telemetry] });
    const received: unknown[] = [];
    class Rates {
      @QueryHandler(GetRate)
      rate(_query: GetRate, context: MessageContext): number {
        received.push(context.headers['baggage']);
        return 3;
      }
    }
    await start({
      imports: [CqrsModule.forRoot({ expose: [expose(GetRate).on(remote.server())] })],
      providers: [Rates],
    });
    expect(await queries.execute(new GetRate())).toBe(3);
    contexts.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    propagation.setGlobalPropagator(new W3CBaggagePropagator());
    const baggage = propagation.createBaggage({ tenant: { value: 'north' } });
    await contexts.with(propagation.setBaggage(contexts.active(), baggage), () => queries.execute(new GetRate()));
    for (const api of [contexts, propagation]) api.disable();
    await queries.execute(new GetRate());
    expect(received).toEqual([undefined, 'tenant=north', undefined]);
    expect(queries.dispatcher.pipelinesOf(new GetRate()).first).toMatchObject({ isProbed: false });
  });

  it('neither spans nor metrics leave the pipelines as they are', async () => {
    const off = CqrsOpenTelemetryModule.forRoot({ spans: false, metrics: false });
    const { queries } = await start({ imports: [CqrsModule.forRoot(), off], providers: [shop] });
    expect(queries.dispatcher.pipelinesOf(new GetPrice()).first).toMatchObject({ isProbed: false, isDirect: true });
  });
});

describe('options', () => {
  it.each([
    [{ detail: 'all' }, 'The option "detail" must be "messages" or "middleware", not all.'],
    [{ attributes: 1 }, 'The option "attributes" must be a function, not 1.'],
    [{ span: true }, 'There are no options "span".'],
    [{ enabled: true }, 'There are no options "enabled".'],
  ])('%j are refused', (options, what) => {
    const forRoot = () => CqrsOpenTelemetryModule.forRoot(options as never);
    expect(forRoot).toThrow(
      expect.objectContaining({ code: 'CQRS_INVALID_OPTIONS', message: expect.stringContaining(what) }),
    );
  });

  it.each([
    { spans: true, metrics: true, detail: 'messages', kinds: 'messaging', arrivals: 'parent' },
    { spans: false, metrics: false, detail: 'middleware', kinds: 'internal', arrivals: 'link' },
    { spans: undefined, attributes: undefined },
    { attributes: () => ({}) },
  ] as const)('%j are taken', options => {
    expect(CqrsOpenTelemetryModule.forRoot(options as never).module).toBe(CqrsOpenTelemetryModule);
    expect(instrumentation(options as never).getConfig()).toEqual({ ...options, enabled: true });
  });

  it('of an instrumentation are checked too', () => {
    expect(() => instrumentation({ kinds: 'none' as never })).toThrow('The option "kinds" must be');
    expect(() => instrumentation().setConfig({ on: true } as never)).toThrow('There are no options "on".');
  });
});
