import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describeWithRedis } from '../../../support/brokers.js';
import { until } from '../../../support/waiting.js';
import { Child } from '../../remote/faults/child.js';
import { Seeded } from '../../remote/faults/seeded.js';
import type { Late } from './load-process.js';
import { ROWS, SIZE, type Who } from './shared-rows.js';

/** How often Redis is killed. */
const KILLS = Number(process.env['CQRS_KILLS'] ?? 2);

/** The longest time between a start of Redis and a kill, in milliseconds. */
const LONGEST_LIFE = KILLS > 2 ? 6_000 : 1_200;

/** The longest time without Redis, in milliseconds. */
const LONGEST_DEATH = KILLS > 2 ? 3_000 : 600;

/** A touch is around an outage if it ends so long before Redis is killed, or after it is back: in milliseconds. */
const [BEFORE, AFTER] = [100, 2_000];

const PROGRAM = join(import.meta.dirname, 'load-process.ts');

interface Told {
  readonly asks: number;
  readonly writes: number;
  /** Answers that are older than an own write which had ended before. */
  readonly old: number;
  readonly failures: readonly string[];
  readonly runs: number;
  readonly late: readonly Late[];
  readonly ends: readonly (readonly (number | null)[])[];
}

const SOUND = { old: 0, failures: [] };

const now = () => Number(process.hrtime.bigint() / 1_000n) / 1_000;

describeWithRedis(
  'Two processes with one cache in Redis, which is killed under load',
  broker => {
    const random = new Seeded();
    let folder: string;
    let children: readonly Child[];

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'nestjs-cqrs-rows-'));
      const file = join(folder, 'rows');
      writeFileSync(file, Buffer.alloc(SIZE));
      const start = (own: Who) => Child.start(PROGRAM, `${broker.port}`, file, `${own}`, `${random.below(2 ** 31)}`);
      children = await Promise.all([start(0), start(1)]);
    }, 60_000);

    afterAll(async () => {
      await Promise.all(children.map(child => child.kill()));
      rmSync(folder, { recursive: true });
    });

    const ask = <T>(what: string) => Promise.all(children.map(child => child.ask<T>(what)));

    /** Each hears what the other touches. */
    const together = () =>
      until(async () => {
        await ask('hello');
        await pause(20);
        return (await ask<boolean>('hasHeard')).every(hasHeard => hasHeard);
      });

    it(`no query fails, and no answer is older than a write of its own process (seed ${random.seed})`, async () => {
      await together();
      await ask('start');
      const outages: (readonly [from: number, to: number])[] = [];
      for (let kills = 0; kills < KILLS; kills++) {
        await pause(LONGEST_LIFE / 3 + random.below((2 * LONGEST_LIFE) / 3));
        const from = now();
        await broker.kill();
        await pause(random.below(LONGEST_DEATH));
        await broker.startAgain();
        outages.push([from, now()]);
      }
      await pause(LONGEST_LIFE);
      const told = await ask<Told>('stop');
      await together();
      const left = await ask<number>('old');
      print(told, outages, left);
      expect(told.map(({ old, failures }) => ({ old, failures }))).toEqual([SOUND, SOUND]);
      for (const { asks, writes, runs } of told) {
        expect(writes).toBeGreaterThan(0);
        expect(runs).toBeLessThan(asks);
      }
      expect(await ask('escaped')).toEqual([[], []]);
    }, 600_000);

    it('after the next touch of each row both know all rows', async () => {
      await together();
      for (let row = 0; row < ROWS; row++) await children[row % 2]!.ask('write', row);
      await until(async () => (await ask<number>('old')).every(old => old === 0));
      expect(await ask('old')).toEqual([0, 0]);
    }, 60_000);
  },
  { restarts: true },
);

/** Of answers that lack a write of the other process: how many, and how long that write had ended at most. */
function lags(told: readonly Told[], outages: readonly (readonly [number, number])[]) {
  const found = { there: { count: 0, longest: 0 }, outage: { count: 0, longest: 0 } };
  told.forEach(({ late }, who) => {
    const { ends } = told[1 - who]!;
    for (const { row, has, count, at } of late) {
      const missed = Math.min(...ends[row]!.slice(has + 1).filter(end => end !== null));
      const isAround = outages.some(([from, to]) => missed > from - BEFORE && missed < to + AFTER);
      const of = found[isAround ? 'outage' : 'there'];
      of.count += count;
      of.longest = Math.max(of.longest, at - missed);
    }
  });
  return found;
}

/** The row of the table of docs/reliability.md. */
function print(told: readonly Told[], outages: readonly (readonly [number, number])[], left: readonly number[]): void {
  if (process.env['CQRS_COUNTS'] === undefined) return;
  const sum = (of: (one: Told) => number) => told.reduce((total, one) => total + of(one), 0);
  const { there, outage } = lags(told, outages);
  const cells = [
    ['kills', outages.length],
    ['asks', sum(({ asks }) => asks)],
    ['writes', sum(({ writes }) => writes)],
    ['runs of the handler', sum(({ runs }) => runs)],
    ['failed', sum(({ failures }) => failures.length)],
    ['older than an own write', sum(({ old }) => old)],
    ['without a write of the other, Redis there', there.count],
    ['longest lag, ms', Math.round(there.longest)],
    ['without a write of the other, around an outage', outage.count],
    ['longest lag, ms', Math.round(outage.longest)],
    ['rows that are still old', left.join(' + ')],
  ];
  process.stdout.write(cells.map(([what, count]) => `${what}: ${count}\n`).join(''));
}
