import assert from 'node:assert/strict';
import { CqrsException } from '../../../index.js';
import { failureOf, isOf, rows as needsRows, type CaseDefinition } from '../case.js';
import { within } from '../journal.js';
import { Count, countedRow, Declined, Produced, type CountedRow } from '../messages.js';
import type { World } from '../world.js';

const FEW = 5;
const SOME = 300;
const MANY = 3000;

/** At most 64 rows are unread; some more may be on their way. */
const UNREAD = 256;

/** Results of many rows. */
export const rowCases: readonly CaseDefinition[] = [
  {
    name: 'a slow reader slows the source down',
    without: needsRows,
    async run(world) {
      await world.servers(1);
      const key = world.key();
      const read: CountedRow[] = [];
      for await (const row of await stream(world, new Count(key, MANY))) {
        read.push(row);
        if (read.length !== 1) continue;
        const produced = await settledCount(world, key);
        assert.ok(produced < UNREAD, `The source has produced ${produced} rows for one that was read.`);
      }
      assert.deepStrictEqual(read, rowsTo(MANY));
    },
  },
  {
    name: 'rows arrive in order, and are revived',
    without: needsRows,
    async run(world) {
      await world.mostServers();
      // Whichever server answers, it hears of the credit.
      for (let i = 0; i < 4; i++) {
        const read = await within(readAll(world, new Count(world.key(), SOME)), world.patience, 'the rows end');
        assert.deepStrictEqual(read, rowsTo(SOME));
      }
    },
  },
  {
    name: 'a reader that stops early ends the source',
    without: needsRows,
    async run(world) {
      await world.mostServers();
      const key = world.key();
      for await (const { index } of await stream(world, new Count(key, MANY))) if (index === 10) break;
      const { detail } = await world.journal.find('ended', key);
      assert.ok(Number(detail) < UNREAD, `The source has produced ${detail} rows.`);
    },
  },
  {
    name: 'a failure in the middle of rows arrives after them',
    without: needsRows,
    async run(world) {
      await world.mostServers();
      const read: CountedRow[] = [];
      const reading = (async () => {
        for await (const row of await stream(world, new Count(world.key(), SOME, FEW))) read.push(row);
      })();
      isOf(Declined, await within(failureOf(reading), world.patience, 'the rows fail'));
      assert.deepEqual(read, rowsTo(FEW));
    },
  },
  {
    name: 'rows are refused where their source cannot be slowed down',
    without: adapter => (needsRows(adapter) === undefined ? 'with the features that rows need' : undefined),
    async run(world) {
      const failure = isOf(CqrsException, await failureOf(readAll(world, new Count(world.key(), 1))));
      assert.equal(failure.code, 'CQRS_TRANSPORT_WITHOUT_ROWS');
    },
  },
];

const rowsTo = (length: number): CountedRow[] => Array.from({ length }, (_, index) => countedRow(index));

const stream = async (world: World, query: Count) => (await world.caller()).queries.stream(query);

async function readAll(world: World, query: Count): Promise<CountedRow[]> {
  const read: CountedRow[] = [];
  for await (const row of await stream(world, query)) read.push(row);
  return read;
}

/** How many rows there are once no more come. */
async function settledCount(world: World, key: string): Promise<number> {
  const { queries } = await world.caller();
  for (let before = -1, same = 0; ;) {
    const now = await queries.ask(new Produced(key));
    same = now === before ? same + 1 : 0;
    if (same === 3) return now;
    before = now;
    await new Promise(resolve => setTimeout(resolve, 20));
  }
}
