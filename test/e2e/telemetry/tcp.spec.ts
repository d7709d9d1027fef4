import { SpanKind, type HrTime } from '@opentelemetry/api';
import { ClientTCP, ServerTCP } from '@nestjs/microservices';
import {
  Command,
  CommandHandler,
  CqrsModule,
  expose,
  Message,
  QueryHandler,
  route,
  StreamQuery,
} from '../../../lib/index.js';
import { microservice, microserviceServer } from '../../../lib/integrations/microservices/index.js';
import { CqrsOpenTelemetryModule } from '../../../lib/integrations/opentelemetry/index.js';
import { start } from '../../support/application.js';
import { freePort } from '../../support/broker-process.js';
import { spans, tree, useTelemetry } from '../../support/telemetry.js';

@Message({ name: 'telemetry.tcp.charge' })
class Charge extends Command<string> {}

@Message({ name: 'telemetry.tcp.rows' })
class Rows extends StreamQuery<number> {}

class Payments {
  @CommandHandler(Charge)
  charge(): string {
    return 'charged';
  }

  @QueryHandler(Rows)
  async *rows(): AsyncGenerator<number> {
    yield 1;
    yield 2;
  }
}

useTelemetry();

const byStart = (one: { startTime: HrTime }, other: { startTime: HrTime }) =>
  one.startTime[0] - other.startTime[0] || one.startTime[1] - other.startTime[1];

it('a trace goes on over TCP, also one of rows', async () => {
  const port = await freePort();
  const server = microserviceServer('payments', new ServerTCP({ host: '127.0.0.1', port }));
  const client = microservice('payments', new ClientTCP({ host: '127.0.0.1', port }));
  await start({
    imports: [CqrsModule.forRoot({ expose: [expose(Charge, Rows).on(server)] }), CqrsOpenTelemetryModule.forRoot()],
    providers: [Payments],
  });
  const { commands, queries } = await start({
    imports: [CqrsModule.forRoot({ routes: [route(Charge, Rows).to(client)] }), CqrsOpenTelemetryModule.forRoot()],
  });
  expect(await commands.execute(new Charge())).toBe('charged');
  expect(tree()).toEqual(['send telemetry.tcp.charge', '  execute telemetry.tcp.charge']);
  spans.reset();
  const rows: number[] = [];
  for await (const row of queries.stream(new Rows())) rows.push(row);
  expect(rows).toEqual([1, 2]);
  expect(tree()).toEqual(['stream telemetry.tcp.rows', '  send telemetry.tcp.rows', '    stream telemetry.tcp.rows']);
  const [asked, arrived] = spans
    .getFinishedSpans()
    .filter(({ name }) => name.startsWith('stream'))
    .toSorted(byStart);
  expect([asked!.kind, arrived!.kind]).toEqual([SpanKind.INTERNAL, SpanKind.CONSUMER]);
});
