import { jest } from '@jest/globals';
import { RemoteUnavailableException, UnhandledExceptionBus } from 'nestjs-cqrs';
import { escaped } from '../../../support/escaped-rejections.js';
import { until } from '../../../support/waiting.js';
import { freeAddress } from './address.js';
import { sender } from './applications.js';
import { Child } from './child.js';
import { LoadCounts, underLoad } from './load.js';
import { Add, Happened, Rows } from './messages.js';
import type { Done } from './service.js';

jest.setTimeout(300_000);

/** How often the server is killed under load. */
const KILLS = Number(process.env['CQRS_KILLS'] ?? 1);

/** Programs take seconds to start: one server serves all tests here, in their order. */
let server: Child;
let address: string;

const startServer = () => Child.start('service-process.ts', 'tcp', address);

beforeAll(async () => {
  address = await freeAddress();
  server = await startServer();
});

describe('A server that is killed', () => {
  it('under load, and started again: calls fail with a right outcome, and answers are right afterwards', async () => {
    const { commands } = await sender('tcp', address);
    const counts = new LoadCounts();
    for (let kill = 0; kill < KILLS; kill++) {
      const load = underLoad(commands, counts, 16, 2);
      const answered = counts.answered;
      await until(() => counts.answered > answered + 200);
      counts.checkHandled((await server.ask<Done>('done')).handled);
      await server.kill();
      const { failed } = counts;
      await until(() => counts.failed > failed + 50);
      server = await startServer();
      const again = counts.answered;
      await until(() => counts.answered > again + 200);
      await load.stop();
    }
    counts.checkHandled((await server.ask<Done>('done')).handled);
    counts.print(`server killed and started again ${KILLS} times, 16 calls at once`);
    expect({ wrong: counts.wrong, other: counts.other, doubled: counts.doubled }).toEqual({
      wrong: [],
      other: [],
      doubled: 0,
    });
    expect(counts.unanswered).toBe(0);
    // Some were running, others found nobody.
    expect(counts.outcomes['unknown']).toBeGreaterThan(0);
    expect(counts.outcomes['not-handled']).toBeGreaterThan(0);
    expect(escaped).toEqual([]);
  });
});

describe('A caller that is killed', () => {
  it('leaves no running handler, no call and no open rows behind', async () => {
    const before = await server.ask<Done>('done');
    const caller = await Child.start('caller-process.ts', 'tcp', address);
    await caller.ask(
      'begin',
      Array.from({ length: 50 }, (_, i) => `left ${i}`),
      60_000,
    );
    await caller.ask('read', 100);
    const [running, closed] = [
      { running: 50, openRows: 1 },
      { running: 0, openRows: 0 },
    ];
    await serverHas(running, 51);
    await caller.kill();
    const done = await serverHas(closed, 0);
    expect(done.cancelled - before.cancelled).toBe(50);
    // 100 were read, and up to 64 more were asked for.
    expect(done.produced - before.produced).toBeLessThanOrEqual(100 + 64);
    const { commands } = await sender('tcp', address);
    expect(await commands.execute(new Add('after'))).toEqual({ id: 'after', process: server.pid });
    expect(await server.ask('escaped')).toEqual([]);
  });
});

describe('A server that is killed', () => {
  it('fails the reader of its rows, and the publisher of an event', async () => {
    const { app, queries, events } = await sender('tcp', address);
    await events.publish(new Happened('first'));
    expect((await server.ask<Done>('done')).happened).toEqual(['first']);
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
    const unheard: unknown[] = [];
    app.get(UnhandledExceptionBus).subscribe(({ exception }) => unheard.push(exception));
    await events.publish(new Happened('second'));
    expect(unheard).toMatchObject([{ code: 'CQRS_REMOTE_UNAVAILABLE', outcome: 'not-handled' }]);
    expect(escaped).toEqual([]);
  });
});

/** Waits until the server has come to this. */
async function serverHas(expected: Partial<Done>, registered: number): Promise<Done> {
  for (;;) {
    const done = await server.ask<Done>('done');
    const names = Object.keys(expected) as (keyof Done)[];
    if (names.every(name => done[name] === expected[name]) && (await server.ask('registered')) === registered)
      return done;
    await new Promise(resolve => setTimeout(resolve, 5));
  }
}
