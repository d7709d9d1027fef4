// Spans in memory, metrics on an endpoint for Prometheus: what SDK 3 of OpenTelemetry gets, as JSON.
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { context, metrics, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import {
  Command,
  CommandBus,
  CqrsModule,
  Event,
  EventBus,
  Message,
  Query,
  QueryBus,
  Saga,
  StreamQuery,
} from 'nestjs-cqrs';
import { CqrsOpenTelemetryModule } from 'nestjs-cqrs/opentelemetry';
import { track } from 'nestjs-cqrs/testing';
import { delay, filter, map } from 'rxjs';

const spans = new InMemorySpanExporter();
const exporter = new PrometheusExporter({ host: '127.0.0.1', port: 0, preventServerStart: true });
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
propagation.setGlobalPropagator(new W3CTraceContextPropagator());
trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: spans })] }));
metrics.setGlobalMeterProvider(new MeterProvider({ readers: [exporter] }));

class Place extends Command {}
class Price extends Query {}
class Placed extends Event {}
class Bill extends Command {}
class Thank extends Command {}
class Remind extends Command {}
class Lines extends StreamQuery {}
Message({ name: 'shop.place' })(Place);

class Sagas {
  reminders = events$ =>
    events$.pipe(
      filter(event => event instanceof Placed),
      delay(5),
      map(() => new Remind()),
    );

  onPlaced() {
    return new Thank();
  }
}
Saga(Placed)(Sagas.prototype, 'onPlaced', Object.getOwnPropertyDescriptor(Sagas.prototype, 'onPlaced'));
Saga()(Sagas.prototype, 'reminders');

class AppModule {}
const imports = [CqrsModule.forRoot(), CqrsOpenTelemetryModule.forRoot()];
const app = await NestFactory.createApplicationContext(
  { module: AppModule, imports, providers: [Sagas] },
  { logger: ['error', 'warn'] },
);
const [commands, queries, events] = [CommandBus, QueryBus, EventBus].map(bus => app.get(bus));

queries.register(Price, () => 3);
queries.register(Lines, async function* () {
  yield await queries.ask(new Price());
});
commands.register(Thank, () => undefined);
commands.register(Remind, () => undefined);
commands.register(Place, async () => {
  for await (const _line of queries.stream(new Lines()));
  await events.publish(new Placed());
});
commands.register(Bill, () => {
  throw new TypeError('no money');
});
events.register(Placed, () => commands.execute(new Bill()).catch(() => undefined));

await track(app, { timers: 'wait' }).dispatch(new Place());

const all = spans.getFinishedSpans();
const below = (id, depth) =>
  all
    .filter(({ parentSpanContext }) => parentSpanContext?.spanId === id)
    .toSorted((one, other) => one.name.localeCompare(other.name))
    .flatMap(span => [`${depth}${span.name}`, ...below(span.spanContext().spanId, `${depth}  `)]);
await exporter.startServer();
const { port } = exporter._server.address();
const scraped = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
console.log(
  JSON.stringify({
    tree: below(undefined, ''),
    traces: new Set(all.map(span => span.spanContext().traceId)).size,
    error: all.find(({ name }) => name === 'execute Bill').status.message,
    counts: scraped
      .split('\n')
      .filter(line => /^\w+_(count|total)\{/.test(line))
      .map(line => line.replace(/,?otel_scope_\w+="[^"]*"/g, ''))
      .toSorted(),
  }),
);
await app.close();
await exporter.shutdown();
