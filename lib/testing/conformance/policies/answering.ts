import assert from 'node:assert/strict';
import { Declined, rejects, sharing, transactions, type KeyedCase } from './case.js';
import { Gate } from './world.js';
import { Unwritable } from './written.js';

const RESULTS: readonly unknown[] = [
  'text',
  '',
  'of \u0000 and \ud800 and é',
  0,
  null,
  undefined,
  false,
  12n,
  new Date(5),
  ['a', 12n, undefined, [new Date(6), null]],
  { plain: { deep: ['x'], empty: {} } },
  'long '.repeat(100_000),
];

/** What stores of results add. */
export const answering: readonly KeyedCase[] = [
  {
    name: 'a repeated dispatch gets the first result, and does not run',
    async run(world) {
      const first = await world.dispatch(() => 'first');
      const again = await world.dispatch(() => 'second');
      const elsewhere = await world.dispatch(() => 'third', { isElsewhere: true });
      assert.deepEqual([first, again, elsewhere], ['first', 'first', 'first']);
    },
  },
  {
    name: 'results come back as they were, also those of nothing',
    async run(world) {
      for (const [i, result] of RESULTS.entries()) {
        const first = await world.dispatch(() => result, { key: `${i}` });
        const again = await world.dispatch(() => 'another', { key: `${i}`, isElsewhere: true });
        assert.deepEqual([first, again], [result, result]);
      }
    },
  },
  {
    name: 'of 20 at once one runs, and all get its result',
    async run(world) {
      let runs = 0;
      const gate = new Gate();
      const work = async () => {
        await gate.pass();
        return ++runs;
      };
      const all = Array.from({ length: 20 }, (_, i) => world.dispatch(work, { isElsewhere: i % 2 === 1 }));
      await world.inTime(gate.begun, 'one begins');
      await world.pause();
      gate.open();
      const results = await world.inTime(Promise.all(all), 'all end');
      assert.deepEqual([results, runs], [Array.from({ length: 20 }, () => 1), 1]);
    },
  },
  {
    name: 'a failure is not kept: the next one runs, and its result is',
    async run(world) {
      await rejects(
        world.dispatch(() => Promise.reject(new Declined())),
        Declined,
      );
      const results = [await world.dispatch(() => 'second'), await world.dispatch(() => 'third')];
      assert.deepEqual(results, ['second', 'second']);
    },
  },
  {
    name: 'a result is kept as long as is said; then the next one runs, and its result is kept',
    async run(world) {
      let runs = 0;
      const work = () => `run ${++runs}`;
      assert.equal(await world.dispatch(work, { keep: 1 }), 'run 1');
      const next = async () => (await world.dispatch(work)) === 'run 2';
      await world.until(next, 'the result of one millisecond is gone');
      await world.pause();
      assert.equal(await world.dispatch(work), 'run 2');
    },
  },
  {
    name: 'effect and result are committed together: after a rollback the next one runs',
    without: transactions,
    async run(world) {
      const refuse = { beforeEnd: () => Promise.reject(new Declined()) };
      await rejects(
        world.dispatch(() => 'first', refuse),
        Declined,
      );
      assert.equal(await world.dispatch(() => 'second'), 'second');
    },
  },
  {
    name: 'one that waits gets the result when it is committed, not before',
    without: transactions,
    async run(world) {
      const gate = new Gate();
      const first = world.dispatch(() => 'first', { beforeEnd: gate.pass });
      await world.inTime(gate.begun, 'the work of the first ends');
      let isAnswered = false;
      const second = world.dispatch(() => 'second', { isElsewhere: true }).finally(() => (isAnswered = true));
      await world.pause();
      assert.equal(isAnswered, false, 'It is answered before the commit.');
      gate.open();
      assert.deepEqual(await world.inTime(Promise.all([first, second]), 'both end'), ['first', 'first']);
    },
  },
  {
    name: 'a result that cannot be written fails, and is not kept',
    without: sharing,
    async run(world) {
      await rejects(
        world.dispatch(() => () => undefined),
        Unwritable,
      );
      assert.equal(await world.dispatch(() => 'second'), 'second');
    },
  },
];
