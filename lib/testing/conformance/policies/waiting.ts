import assert from 'node:assert/strict';
import { Declined, rejects, transactions, type KeyedCase } from './case.js';
import { Gate, type KeyedWorld } from './world.js';

const LONG = 'k'.repeat(499);

/** Names and keys that a careless store takes for one another. */
const ALIKE: readonly (readonly [name: string, key: string])[] = [
  ['a', 'b c'],
  ['b', 'b c'],
  ['a b', 'c'],
  ['a', 'B C'],
  ['a', 'b c '],
  ['a', `b" 'c`],
  ['a', '\u00e9'],
  ['a', 'e\u0301'],
  ['a', `${LONG}1`],
  ['a', `${LONG}2`],
];

/** What stores of results and of locks have in common: who waits for whom. */
export const waiting: readonly KeyedCase[] = [
  {
    name: 'it says how it stands to the unit of work',
    async run({ store, adapter }) {
      const place = adapter.transaction === undefined ? 'around-transaction' : 'in-transaction';
      assert.equal(store.place, place);
    },
  },
  {
    name: 'a failure of the work is passed on as it is',
    async run(world) {
      const failure = new Declined();
      await assert.rejects(
        world.dispatch(() => Promise.reject(failure)),
        error => {
          assert.equal(error, failure);
          return true;
        },
      );
    },
  },
  {
    name: 'other keys do not wait, nor the same key of another name, though they look alike',
    async run(world) {
      let running = 0;
      const all = new Gate();
      const results = ALIKE.map(([name, key], i) =>
        world.dispatch(
          async () => {
            if (++running === ALIKE.length) all.open();
            await all.pass();
            return i;
          },
          { name, key },
        ),
      );
      const ended = await world.inTime(Promise.all(results), 'all run at once');
      assert.deepEqual(ended, [...ALIKE.keys()]);
    },
  },
  {
    name: 'after a failure, one that has waited runs',
    run: world => waitsFor(world, gate => world.dispatch(gate.pass)),
  },
  {
    name: 'one that waits is told of the end of the transaction, not of the work: after a rollback it runs',
    without: transactions,
    run: world => waitsFor(world, gate => world.dispatch(() => 'first', { beforeEnd: gate.pass })),
  },
  {
    name: 'a dispatch whose caller has left does not run, and rejects with the reason',
    async run(world) {
      const signal = AbortSignal.abort(new Declined());
      const left = world.dispatch(() => assert.fail('It runs.'), { signal });
      await rejects(world.inTime(left, 'it settles'), Declined);
    },
  },
  {
    name: 'a caller that leaves while it waits is told at once; the first goes on, and those behind it get their turn',
    async run(world) {
      const gate = new Gate();
      const first = world.dispatch(gate.pass);
      await world.inTime(gate.begun, 'the first begins');
      const caller = new AbortController();
      let hasRun = false;
      const left = new Promise<unknown>(onTaken => {
        void world.dispatch(() => (hasRun = true), { signal: caller.signal, isElsewhere: true, onTaken });
      });
      const next = world.dispatch(() => 'passed', { isElsewhere: true });
      await world.pause();
      caller.abort(new Declined());
      await rejects(world.inTime(left, 'it is told while the first runs').finally(gate.open), Declined);
      const ends = world.inTime(Promise.all([first, next]), 'the others end');
      assert.deepEqual([await ends, hasRun], [['passed', 'passed'], false]);
    },
  },
  {
    name: 'the work runs in the asynchronous context of its own caller, also if it has waited',
    async run(world) {
      const gate = new Gate();
      const tenants: unknown[] = [];
      const look = async () => void tenants.push(world.tenants.getStore());
      const first = world.tenants.run('first', () =>
        world.dispatch(async () => {
          await look();
          await gate.pass();
        }),
      );
      await world.inTime(gate.begun, 'the first begins');
      const second = world.tenants.run('second', () => world.dispatch(look));
      await world.pause();
      gate.fail(new Declined());
      await world.inTime(Promise.allSettled([first, second]), 'both end');
      assert.deepEqual(tenants, ['first', 'second']);
    },
  },
];

/** @param begin the dispatch that fails when its gate does */
async function waitsFor(world: KeyedWorld, begin: (gate: Gate) => Promise<unknown>): Promise<void> {
  const gate = new Gate();
  const first = begin(gate);
  await world.inTime(gate.begun, 'the first begins');
  const seen: string[] = [];
  const second = world.dispatch(() => seen.push('runs'), { isElsewhere: true }).finally(() => seen.push('ends'));
  second.catch(() => undefined);
  await world.pause();
  assert.deepEqual(seen, [], 'It does not wait.');
  gate.fail(new Declined());
  await rejects(first, Declined);
  await world.inTime(second, 'the second ends');
  assert.deepEqual(seen, ['runs', 'ends']);
}
