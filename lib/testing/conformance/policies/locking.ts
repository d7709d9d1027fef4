import assert from 'node:assert/strict';
import { transactions, type KeyedCase } from './case.js';
import { Gate } from './world.js';

/** What stores of locks add. */
export const locking: readonly KeyedCase[] = [
  {
    name: 'a dispatch gets what its own work answers',
    async run(world) {
      const results = [{}, undefined, () => 1];
      const answers = [];
      for (const result of results) answers.push(await world.dispatch(() => result));
      for (const [i, answer] of answers.entries()) assert.equal(answer, results[i]);
    },
  },
  {
    name: 'of 20 at once never two run, and all do',
    async run(world) {
      let [running, most, runs] = [0, 0, 0];
      const work = async () => {
        most = Math.max(most, ++running);
        await new Promise(resolve => setImmediate(resolve));
        running--;
        return ++runs;
      };
      const all = Array.from({ length: 20 }, (_, i) => world.dispatch(work, { isElsewhere: i % 2 === 1 }));
      await world.inTime(Promise.all(all), 'all end');
      assert.deepEqual({ most, runs }, { most: 1, runs: 20 });
    },
  },
  {
    name: 'a lock is held until the commit, and then the next one runs',
    without: transactions,
    async run(world) {
      const gate = new Gate();
      const first = world.dispatch(() => 'first', { beforeEnd: gate.pass });
      await world.inTime(gate.begun, 'the work of the first ends');
      let hasRun = false;
      const second = world.dispatch(() => (hasRun = true), { isElsewhere: true });
      await world.pause();
      assert.equal(hasRun, false, 'It runs before the commit.');
      gate.open();
      assert.deepEqual(await world.inTime(Promise.all([first, second]), 'both end'), ['first', true]);
    },
  },
];
