import { jest } from '@jest/globals';
import { DispatchTimeoutException, RemoteUnavailableException } from 'nestjs-cqrs';
import { escaped } from '../../../support/escaped-rejections.js';
import { until } from '../../../support/waiting.js';
import { freeAddress } from './address.js';
import { sender } from './applications.js';
import { Child } from './child.js';
import { LoadCounts, underLoad } from './load.js';
import { Add, Ask, Rows } from './messages.js';
import type { Done } from './service.js';

jest.setTimeout(300_000);

const MEBIBYTE = 2 ** 20;

const CALLS = Number(process.env['CQRS_CALLS'] ?? 2000);

/** Programs take seconds to start: one server serves all tests here. The last one closes it. */
let server: Child;
let address: string;

beforeAll(async () => {
  address = await freeAddress();
  server = await Child.start('service-process.ts', 'tcp', address);
});

const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('A server in another process', () => {
  it('swaps no answer of 128 calls at once over four connections', async () => {
    const senders = await Promise.all(Array.from({ length: 4 }, () => sender('tcp', address)));
    const counts = new LoadCounts();
    const loads = senders.map(({ commands }) => underLoad(commands, counts, 32, 1));
    await until(() => counts.answered >= CALLS);
    await Promise.all(loads.map(load => load.stop()));
    counts.checkHandled((await server.ask<Done>('done')).handled);
    counts.print('128 calls at once over 4 connections');
    const { wrong, other, outcomes, unanswered, doubled } = counts;
    expect({ wrong, other, outcomes, unanswered, doubled }).toEqual({
      wrong: [],
      other: [],
      outcomes: {},
      unanswered: 0,
      doubled: 0,
    });
    expect(await server.ask('registered')).toBe(0);
  });

  it('swaps no rows of 16 readers that share a connection', async () => {
    const { queries } = await sender('tcp', address);
    const read = async (count: number) => {
      const rows: unknown[] = [];
      for await (const row of queries.stream(new Rows(count))) rows.push(row);
      return rows;
    };
    const counts = Array.from({ length: 16 }, (_, i) => 100 + i);
    const all = await Promise.all(counts.map(read));
    expect(all).toEqual(counts.map(count => Array.from({ length: count }, (_, i) => i)));
  });

  it('that is slow is left at each limit, and its handlers are told', async () => {
    const { commands } = await sender('tcp', address, 150);
    const before = await server.ask<Done>('done');
    const calls = Array.from({ length: 100 }, (_, i) =>
      failureOf(commands.execute(new Add(`slow ${i}`, 60_000), i % 2 === 0 ? {} : { timeout: 50 })),
    );
    const failures = await Promise.all(calls);
    expect(failures.filter(failure => failure instanceof RemoteUnavailableException)).toHaveLength(50);
    expect(failures.filter(failure => failure instanceof DispatchTimeoutException)).toHaveLength(50);
    let done = await server.ask<Done>('done');
    while (done.running > 0 || (await server.ask('registered')) !== 0) done = await server.ask<Done>('done');
    expect(done.cancelled - before.cancelled).toBe(100);
    expect(escaped).toEqual([]);
  });

  it('is told when a caller gives up, and holds no memory for those who did', async () => {
    const { commands } = await sender('tcp', address);
    let last = 0;
    const cancel = async (n: number) => {
      const leaving = new AbortController();
      const calls = Array.from({ length: n }, () =>
        failureOf(commands.execute(new Add(`given up ${++last}`, 60_000), { signal: leaving.signal })),
      );
      await Promise.race([Promise.all(calls), new Promise(resolve => setTimeout(resolve, 30))]);
      leaving.abort(new Error('given up'));
      expect(await Promise.all(calls)).toEqual(Array.from({ length: n }, () => new Error('given up')));
    };
    const settled = async () => {
      let done = await server.ask<Done>('done');
      while (done.running > 0 || (await server.ask('registered')) !== 0) done = await server.ask<Done>('done');
      return server.ask<number>('memory');
    };
    for (let i = 0; i < 3; i++) await cancel(250);
    const first = await settled();
    for (let i = 0; i < 4; i++) await cancel(250);
    // 1,000 calls: less than a kibibyte each.
    expect((await settled()) - first).toBeLessThan(MEBIBYTE);
    expect(await server.ask('escaped')).toEqual([]);
  });

  it('answers with megabytes, beside small answers', async () => {
    const { queries } = await sender('tcp', address);
    const [huge, ...small] = await Promise.all([
      queries.ask(new Ask('huge', 4 * MEBIBYTE)),
      ...Array.from({ length: 20 }, (_, i) => queries.ask(new Ask('echo', i))),
    ]);
    expect((huge as string).length).toBe(4 * MEBIBYTE);
    expect(small).toEqual(Array.from({ length: 20 }, (_, i) => i));
  });

  it('that closes under load answers what runs, and refuses the rest at once', async () => {
    const { commands } = await sender('tcp', address);
    const counts = new LoadCounts();
    const running = Array.from({ length: 20 }, (_, i) => counts.call(commands, `running ${i}`, 700));
    let done = await server.ask<Done>('done');
    while (done.running < 20) done = await server.ask<Done>('done');
    const closing = server.ask<Done>('close');
    const load = underLoad(commands, counts, 16, 1);
    done = await closing;
    await Promise.all(running);
    await load.stop();
    counts.checkHandled(done.handled);
    counts.print('server closed under 16 calls at once, 20 of them running');
    // Those that were running have been answered.
    expect(counts.answered).toBeGreaterThanOrEqual(20);
    expect({ wrong: counts.wrong, other: counts.other, unanswered: counts.unanswered }).toEqual({
      wrong: [],
      other: [],
      unanswered: 0,
    });
    expect(counts.outcomes['not-handled']).toBeGreaterThan(0);
    // A request that is on its way when the server ends the connections may have been read.
    expect(counts.outcomes['unknown'] ?? 0).toBeLessThanOrEqual(16);
    expect(await server.ask('escaped')).toEqual([]);
    expect(escaped).toEqual([]);
  });
});
