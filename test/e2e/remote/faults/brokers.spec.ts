import { ServerNats } from '@nestjs/microservices';
import { jest } from '@jest/globals';
import { RemoteUnavailableException } from 'nestjs-cqrs';
import { describeWithNats, describeWithRabbitMQ, type Broker } from '../../../support/brokers.js';
import { escaped } from '../../../support/escaped-rejections.js';
import { quietLog } from '../../../support/quiet-log.js';
import { until } from '../../../support/waiting.js';
import { sender, serviceOn } from './applications.js';
import { Child } from './child.js';
import { LoadCounts, underLoad } from './load.js';
import { Add, Rows } from './messages.js';
import type { Done } from './service.js';

jest.setTimeout(300_000);

const KILLS = Number(process.env['CQRS_KILLS'] ?? 1);

/** How long answers are awaited, in milliseconds. */
const LIMIT = 1000;

/** Kills the broker under load, starts it again, and counts what callers saw. */
async function killUnderLoad(engine: string, broker: Broker) {
  const server = await Child.start('service-process.ts', engine, broker.url);
  const { commands } = await sender(engine, broker.url, LIMIT);
  const counts = new LoadCounts();
  const load = underLoad(commands, counts, 8, 2);
  for (let kill = 0; kill < KILLS; kill++) {
    // Others may be answered after all: a service that comes back in time sends what it could not send before.
    const inTheAir = counts.call(commands, `slow-${kill}`, 2 * LIMIT);
    const { answered } = counts;
    await until(() => counts.answered > answered + 100);
    await broker.kill();
    const { failed } = counts;
    await until(() => counts.failed > failed + 16);
    expect(await inTheAir).toBe(false);
    await broker.startAgain();
    const again = counts.answered;
    await until(() => counts.answered > again + 100);
  }
  await load.stop();
  counts.checkHandled((await server.ask<Done>('done')).handled);
  counts.print(`${engine}: broker killed and started again ${KILLS} times, 8 calls at once`);
  const { wrong, other, unanswered, doubled } = counts;
  expect({ wrong, other, unanswered, doubled }).toEqual({ wrong: [], other: [], unanswered: 0, doubled: 0 });
  expect(counts.outcomes['unknown']).toBeGreaterThan(0);
  expect(await server.ask('escaped')).toEqual([]);
  expect(escaped).toEqual([]);
  return server;
}

describeWithNats(
  'A NATS server that is killed',
  broker => {
    it('and started again: calls fail with a right outcome, and both sides come back by themselves', async () => {
      const server = await killUnderLoad('nats', broker);
      const { queries } = await sender('nats', broker.url, LIMIT);
      const rows: unknown[] = [];
      const reading = (async () => {
        for await (const row of queries.stream(new Rows(1_000_000))) {
          if (rows.push(row) === 100) await broker.restart();
          if (rows.length === 2000) break;
        }
      })();
      // The reader goes on, or fails where it and the source miss each other's words, or the connection ends.
      const failure: unknown = await reading.catch((error: unknown) => error);
      const isTold = failure instanceof RemoteUnavailableException && failure.outcome === 'unknown';
      expect(isTold || rows.length === 2000).toBe(true);
      expect(rows).toEqual(rows.map((_, i) => i));
      let done = await server.ask<Done>('done');
      while (done.openRows > 0 || (await server.ask('registered')) !== 0) done = await server.ask<Done>('done');
      expect(done.produced).toBeLessThan(rows.length + 200);
      await server.kill();
    });

    it('for longer than its client tries: the server says so, and comes back by itself', async () => {
      const { error } = quietLog();
      const impatient = new ServerNats({ servers: [broker.url], maxReconnectAttempts: 2, reconnectTimeWait: 20 });
      const { service } = await serviceOn(impatient);
      const { commands } = await sender('nats', broker.url, LIMIT);
      await commands.execute(new Add('before'));
      await broker.kill();
      const said = () => error.mock.calls.map(([text]) => String(text));
      await until(() => said().some(text => text.includes('has given up its broker')));
      await broker.startAgain();
      let answer: unknown;
      while (answer === undefined) {
        // Refused at once, without a turn of the event loop.
        await new Promise(resolve => setTimeout(resolve, 10));
        answer = await commands.execute(new Add('after')).catch(() => undefined);
      }
      expect(service.done.handled).toEqual({ before: 1, after: 1 });
    });
  },
  { restarts: true },
);

describeWithRabbitMQ(
  'A RabbitMQ server that is killed',
  broker => {
    it('and started again: calls fail with a right outcome, and both sides come back by themselves', async () => {
      const server = await killUnderLoad('rmq', broker);
      const { commands } = await sender('rmq', broker.url, LIMIT);
      expect(await commands.execute(new Add('after'))).toEqual({ id: 'after', process: server.pid });
      await server.kill();
    });
  },
  { restarts: true },
);
