import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { describeWithRedis } from '../../../support/brokers.js';
import { until } from '../../../support/waiting.js';
import { Child } from '../../remote/faults/child.js';
import { Seeded } from '../../remote/faults/seeded.js';
import type { Late } from './load-process.js';
import { ROWS, SIZE, type Who } from './shared-rows.js';

/** How often Redis is killed. */
const KILLS = Number(process.env['CQRS_KILLS'] ?? 2);

/** How often the connections that listen to the bus are cut. */
const CUTS = 3 * KILLS;

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

const SOUND = { old: 0, failures: [], escaped: [] };

type Outage = readonly [from: number, to: number];

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

    /** @returns when Redis was away */
    type Disturb = () => Promise<readonly Outage[]>;

    /** Both ask and write while they are disturbed. */
    const underLoad = async (what: string, disturb: Disturb) => {
      await together();
      await ask('start');
      const outages = await disturb();
      const told = await ask<Told>('stop');
      await together();
      const escaped = await ask<string[]>('escaped');
      print(what, told, outages, await ask<number>('old'));
      return { sound: told.map(({ old, failures }, i) => ({ old, failures, escaped: escaped[i] })), told };
    };

    it(`no query fails, and no answer is older than a write of its own process, while Redis is killed ${KILLS} times (seed ${random.seed})`, async () => {
      const { sound, told } = await underLoad(`Redis is killed ${KILLS} times`, async () => {
        const outages: Outage[] = [];
        for (let kills = 0; kills < KILLS; kills++) {
          await pause(LONGEST_LIFE / 3 + random.below((2 * LONGEST_LIFE) / 3));
          const from = now();
          await broker.kill();
          await pause(random.below(LONGEST_DEATH));
          await broker.startAgain();
          outages.push([from, now()]);
        }
        await pause(LONGEST_LIFE);
        return outages;
      });
      expect(sound).toEqual([SOUND, SOUND]);
      expect(told.every(({ asks, runs, writes }) => writes > 0 && runs < asks)).toBe(true);
    }, 600_000);

    it(`nor while the connections of the bus are cut ${CUTS} times`, async () => {
      const admin = new Redis(broker.url);
      const { sound, told } = await underLoad(`the bus is cut ${CUTS} times`, async () => {
        for (let cuts = 0; cuts < CUTS; cuts++) {
          await pause(random.below(LONGEST_LIFE / 2));
          await admin.client('KILL', 'TYPE', 'pubsub');
        }
        await pause(LONGEST_LIFE / 2);
        return [];
      }).finally(() => admin.disconnect());
      expect(sound).toEqual([SOUND, SOUND]);
      expect(told.every(({ asks, runs, writes }) => writes > 0 && runs < asks)).toBe(true);
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
function lags(told: readonly Told[], outages: readonly Outage[]) {
  const found = { there: { count: 0, longest: 0 }, outage: { count: 0, longest: 0 } };
  for (const [who, { late }] of told.entries()) {
    const { ends } = told[1 - who]!;
    for (const { row, has, count, at } of late) {
      const missed = Math.min(...ends[row]!.slice(has + 1).filter(end => end !== null));
      const isAround = outages.some(([from, to]) => missed > from - BEFORE && missed < to + AFTER);
      const of = found[isAround ? 'outage' : 'there'];
      of.count += count;
      of.longest = Math.max(of.longest, at - missed);
    }
  }
  return found;
}

/** A row of the table of docs/reliability.md. */
function print(what: string, told: readonly Told[], outages: readonly Outage[], left: readonly number[]): void {
  if (process.env['CQRS_COUNTS'] === undefined) return;
  const sum = (of: (one: Told) => number) => told.reduce((total, one) => total + of(one), 0);
  const { there, outage } = lags(told, outages);
  const counts = [sum(({ asks }) => asks), sum(({ writes }) => writes), sum(({ runs }) => runs)];
  const wrong = [sum(({ failures }) => failures.length), sum(({ old }) => old)];
  const late = [there.count, Math.round(there.longest), outage.count, Math.round(outage.longest)];
  process.stdout.write(`| ${[what, ...counts, ...wrong, ...late, left.join(' + ')].join(' | ')} |\n`);
}
