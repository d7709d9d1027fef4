import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { newSchema, pgBosses } from '../../../support/pg-bosses.js';
import { describeWithPostgres } from '../../../support/postgres.js';
import { Child } from '../../remote/faults/child.js';
import { Seeded } from '../../remote/faults/seeded.js';
import { compileAll } from './compiled.js';
import { Crew } from './crew.js';
import { Effects } from './effects.js';
import type { EngineAddress } from './engines.js';
import { EffectTable } from './units/table.js';
import type { Order } from './units/worker-process.js';

/** How often a process is killed, of both engines together. */
const KILLS = Number(process.env['CQRS_KILLS'] ?? 10);

/** Commands that are stored before each kill; each has two next steps. */
const ORDERS = 20;

/** The longest time between the storing of messages and a kill, in milliseconds. */
const LONGEST_LIFE = 600;

const PROGRAM = 'test/e2e/durable/crash/units/worker-process.js';

describeWithPostgres('Units of work have their effect once, whatever is killed', postgres => {
  let folder: string;
  beforeAll(() => void (folder = compileAll()), 60_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  describe.each(pgBosses)('over $title', ({ major, title }) => {
    const kills = Math.ceil(KILLS / pgBosses.length);
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

    /** A row of the table of docs/reliability.md. */
    const print = ({ expected, found, missing, doubled }: Awaited<ReturnType<EffectTable['compared']>>): void => {
      const entries = effects.read();
      const count = (...what: string[]) => entries.filter(entry => what.includes(entry.what)).length;
      const cutOff = count('begun') - count('failed') - found;
      const afterRow = count('effect') - count('failed') - found;
      const cells = [title, kills, expected, missing.length, doubled, count('failed'), cutOff, afterRow];
      if (process.env['CQRS_COUNTS'] !== undefined)
        process.stdout.write(`| ${cells.join(' | ')} | (seed ${random.seed})\n`);
    };

    it(`writes one row for each command and each next step while processes are killed ${kills} times (seed ${random.seed})`, async () => {
      await crew.has(2);
      let killed = 0;
      while (killed < kills) {
        await sender.ask('store', Array.from({ length: ORDERS }, newOrder));
        await pause(random.below(LONGEST_LIFE));
        // One, or both.
        const first = random.below(2);
        const victims = kills - killed > 1 && random.below(4) === 0 ? [first, 1 - first] : [first];
        await Promise.all(victims.map(victim => crew.replace(victim)));
        killed += victims.length;
      }
      await crew.working();
      const deadLetters = await sender.ask<number>('settled');
      const compared = await table.compared(Array.from({ length: last }, (_, i) => i + 1));
      print(compared);
      expect({ ...compared, deadLetters }).toEqual({
        expected: 3 * last,
        found: 3 * last,
        missing: [],
        doubled: 0,
        deadLetters: 0,
      });
      expect(effects.escaped).toBe('');
    }, 1_200_000);
  });
});
