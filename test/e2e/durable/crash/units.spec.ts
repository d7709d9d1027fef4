import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { newSchema, pgBosses } from '../../../support/pg-bosses.js';
import { describeWithPostgres } from '../../../support/postgres.js';
import { until } from '../../../support/waiting.js';
import { Child } from '../../remote/faults/child.js';
import { Seeded } from '../../remote/faults/seeded.js';
import { compileAll } from './compiled.js';
import { Crew } from './crew.js';
import { Effects } from './effects.js';
import type { EngineAddress } from './engines.js';
import { idOf } from './tally.js';
import { EffectTable } from './units/table.js';
import type { Order } from './units/worker-process.js';

/** How often a process is killed, of all engines together. */
const KILLS = Number(process.env['CQRS_KILLS'] ?? 6);

/** Processes take seconds to load, so few kills are all for one. */
const ENGINES = KILLS > 10 ? pgBosses : pgBosses.slice(0, 1);

/** Commands that are stored before each kill; each has two next steps. */
const ORDERS = KILLS > 10 ? 20 : 10;

/** The longest time between the storing of messages and a kill, in milliseconds. */
const LONGEST_LIFE = 600;

const PROGRAM = 'test/e2e/durable/crash/units/worker-process.js';

describeWithPostgres('Units of work have their effect once, whatever is killed', postgres => {
  let folder: string;
  beforeAll(() => void (folder = compileAll()), 60_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  describe.each(ENGINES)('over $title', ({ major, title }) => {
    const kills = Math.ceil(KILLS / ENGINES.length);
    const random = new Seeded();
    let effects: Effects;
    let table: EffectTable;
    let sender: Child;
    let crew: Crew;

    beforeAll(async () => {
      const engine: EngineAddress = { name: `pg-boss ${major}`, url: postgres.url, space: newSchema() };
      effects = new Effects(join(folder, `${major}.jsonl`));
      table = await EffectTable.make(engine);
      const args = [JSON.stringify(engine), effects.file];
      crew = new Crew(join(folder, PROGRAM), ...args);
      sender = await Child.start(join(folder, PROGRAM), ...args);
    }, 60_000);

    afterAll(async () => {
      await crew.end();
      await sender.kill();
      await table.close();
    }, 60_000);

    let last = 0;

    /** A third of them is delayed, and a third fails. */
    const newOrder = (): Order => ({
      n: ++last,
      failures: random.below(3) === 0 ? 2 : 0,
      delay: random.below(3) === 0 ? random.below(1000) : 0,
    });

    /** What came of the orders, once nothing is left to do. */
    const outcomeOf = async (what: string, orders: readonly Order[]) => {
      const deadLetters = await sender.ask<number>('settled');
      const { found, missing, doubled } = await table.compared(orders.map(({ n }) => n));
      print([what, 3 * orders.length, missing.length, doubled, ...runsOf(orders, found)]);
      return { found, missing, doubled, deadLetters, escaped: effects.escaped };
    };

    /** Each has its row, and so has each of its two next steps. */
    const once = (orders: readonly Order[]) => ({
      found: 3 * orders.length,
      missing: [],
      doubled: 0,
      deadLetters: 0,
      escaped: '',
    });

    /** Runs of handlers that failed; that were cut off; of these, the ones that had written their row. */
    const runsOf = (orders: readonly Order[], found: number): number[] => {
      const known = new Set(orders.map(({ n }) => n));
      const entries = effects.read().filter(({ n }) => known.has(n));
      const [begun, wrote, failed] = ['begun', 'effect', 'failed'].map(
        one => entries.filter(({ what }) => what === one).length,
      ) as [number, number, number];
      return [failed, begun - failed - found, wrote - failed - found];
    };

    /** A row of the table of docs/reliability.md. */
    const print = (cells: readonly (string | number)[]): void => {
      if (process.env['CQRS_COUNTS'] !== undefined) process.stdout.write(`| ${[title, ...cells].join(' | ')} |\n`);
    };

    it('handles nothing again whose process kills itself between the commit and the outcome', async () => {
      const order: Order = { ...newOrder(), failures: 0 };
      const worker = await crew.dying('after its success', idOf(order));
      await sender.ask('store', [order]);
      await until(() => !worker.isRunning);
      expect(worker.endedBy).toBe('SIGKILL');
      await crew.has(1);
      expect(await outcomeOf('a worker kills itself after the commit', [order])).toEqual(once([order]));
    }, 120_000);

    it(`writes one row for each command and each next step while processes are killed ${kills} times (seed ${random.seed})`, async () => {
      await crew.has(2);
      const orders: Order[] = [];
      let killed = 0;
      while (killed < kills) {
        const more = Array.from({ length: ORDERS }, newOrder);
        orders.push(...more);
        await sender.ask('store', more);
        await pause(random.below(LONGEST_LIFE));
        // One, or both.
        const first = random.below(2);
        const victims = kills - killed > 1 && random.below(4) === 0 ? [first, 1 - first] : [first];
        killed += victims.length;
        if (killed === kills) crew.withoutSpare();
        await Promise.all(victims.map(victim => crew.replace(victim)));
      }
      await crew.working();
      expect(await outcomeOf(`workers are killed ${kills} times, seed ${random.seed}`, orders)).toEqual(once(orders));
    }, 1_200_000);
  });
});
