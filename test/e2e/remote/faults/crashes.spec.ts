import { jest } from '@jest/globals';
import { CqrsException, RemoteUnavailableException } from 'nestjs-cqrs';
import { escaped } from '../../../support/escaped-rejections.js';
import { until } from '../../../support/waiting.js';
import { freeAddress } from './address.js';
import { sender } from './applications.js';
import { Child } from './child.js';
import { LoadCounts, underLoad } from './load.js';
import { Add, Happened, Rows } from './messages.js';
import type { Done } from './service.js';

jest.setTimeout(300_000);

/** How often the server is killed. */
const KILLS = Number(process.env['CQRS_KILLS'] ?? 2);

const startServer = (address: string) => Child.start('service-process.ts', 'tcp', address);

describe('A server that is killed', () => {
  it('under load, and started again: calls fail with a right outcome, and answers are right afterwards', async () => {
    const address = await freeAddress();
    let server = await startServer(address);
    const { commands } = await sender('tcp', address);
    const counts = new LoadCounts();
    for (let kill = 0; kill < KILLS; kill++) {
      const load = underLoad(commands, counts, 16);
      const answered = counts.answered;
      await until(() => counts.answered > answered + 200);
      const [done] = await Promise.all([server.ask<Done>('done').catch(() => undefined), server.kill()]);
      expect(done).toBeDefined();
      const failed = counts.failed;
      await until(() => counts.failed > failed + 50);
      server = await startServer(address);
      const again = counts.answered;
      await until(() => counts.answered > again + 200);
      await load.stop();
    }
    counts.checkHandled((await server.ask<Done>('done')).handled);
    counts.print(`server killed ${KILLS} times under 16 calls at once`);
    expect(counts.wrong).toEqual([]);
    expect(counts.other).toEqual([]);
    expect(counts.unanswered).toBe(0);
    // Some were running, others found nobody.
    expect(counts.outcomes['unknown']).toBeGreaterThan(0);
    expect(counts.outcomes['not-handled']).toBeGreaterThan(0);
    expect(escaped).toEqual([]);
    await server.kill();
  });

  it('fails the reader of its rows', async () => {
    const address = await freeAddress();
    const server = await startServer(address);
    const { queries } = await sender('tcp', address);
    const rows: unknown[] = [];
    const reading = (async () => {
      for await (const row of queries.stream(new Rows(1_000_000))) {
        rows.push(row);
        if (rows.length === 100) await server.kill();
      }
    })();
    const failure = await reading.catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(RemoteUnavailableException);
    expect(failure).toMatchObject({ outcome: 'unknown' });
    expect(rows).toEqual(rows.map((_, i) => i));
  });

  it('fails the publisher of an event', async () => {
    const address = await freeAddress();
    const server = await startServer(address);
    const { events } = await sender('tcp', address);
    await events.publish(new Happened('first'));
    expect((await server.ask<Done>('done')).happened).toEqual(['first']);
    await server.kill();
    const failure = await events.publish(new Happened('second')).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(CqrsException);
  });
});

describe('A caller that is killed', () => {
  it('leaves no running handler, no call and no open rows behind', async () => {
    const address = await freeAddress();
    const server = await startServer(address);
    const caller = await Child.start('caller-process.ts', 'tcp', address);
    await caller.ask(
      'begin',
      Array.from({ length: 50 }, (_, i) => `${i}`),
      60_000,
    );
    await caller.ask('read', 100);
    let done = await server.ask<Done>('done');
    while (done.running < 50) done = await server.ask<Done>('done');
    while ((await server.ask('registered')) !== 51);
    expect(done).toMatchObject({ running: 50, openRows: 1 });
    await caller.kill();
    while (done.running > 0 || done.openRows > 0) done = await server.ask<Done>('done');
    expect(done).toMatchObject({ running: 0, cancelled: 50, openRows: 0 });
    expect(done.produced).toBeLessThan(100 + 64 + 32 + 1);
    expect(await server.ask('registered')).toBe(0);
    const { commands } = await sender('tcp', address);
    expect(await commands.execute(new Add('after'))).toEqual({ id: 'after', process: server.pid });
    expect(await server.ask('escaped')).toEqual([]);
    await server.kill();
  });
});
