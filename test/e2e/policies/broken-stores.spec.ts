import { MemoryLocks } from 'nestjs-cqrs';
import type { LockStore } from 'nestjs-cqrs/extension';
import { lockStoreConformance, resultStoreConformance, type ConformanceCase } from 'nestjs-cqrs/testing';
import { BROKEN_LOCKS } from './broken-locks.js';
import { BROKEN_RESULTS } from './broken-results.js';
import { leaveRejection, testCases } from '../../support/conformance-cases.js';
import { sharedLocks, sharedResults } from './shared-stores.js';

interface Suite {
  readonly cases: readonly ConformanceCase[];
}

/** How the suite fails, or what it lets a store say to the dispatch of a case. */
const TOLD = /^(AssertionError|Declined|Unwritable)$/;

const testSuite = <A>(
  suite: (adapter: A) => Suite,
  sound: () => A,
  all: readonly (readonly [how: string, breakage: () => A, told: RegExp])[],
) => {
  it.each(all)('tells that %s', async (_how, breakage, told) => {
    const [found, ...others] = suite({ ...breakage(), patience: 500 }).cases.filter(({ name }) => told.test(name));
    expect(others).toEqual([]);
    const failure: unknown = await found!.run().catch((error: unknown) => error);
    expect(failure?.constructor.name).toMatch(TOLD);
  });

  it('has a broken store for each case', () => {
    const names = suite(sound()).cases.map(({ name }) => name);
    expect(names.filter(name => !all.some(([, , told]) => told.test(name)))).toEqual([]);
  });

  describe('passes stores of several processes, in transactions', () => {
    testCases(suite(sound()));
  });
};

describe('the conformance suite of stores of results', () => {
  testSuite(resultStoreConformance, sharedResults, BROKEN_RESULTS);

  it('skips what an adapter does not promise, and says why', () => {
    const { cases } = resultStoreConformance({ name: 'none', isShared: false, store: () => undefined as never });
    const reasons = cases.flatMap(({ skipped }) => skipped ?? []);
    expect(reasons.toSorted()).toEqual([
      ...Array.from({ length: 3 }, () => 'the adapter has no transactions'),
      'the store is within one process',
    ]);
  });
});

describe('the conformance suite of stores of locks', () => {
  testSuite(lockStoreConformance, sharedLocks, BROKEN_LOCKS);

  it('tells of a promise that is rejected without a handler, though the case holds', async () => {
    const store = (): LockStore => {
      const locks = new MemoryLocks();
      const run: LockStore['run'] = (dispatch, work) => {
        leaveRejection();
        return locks.run(dispatch, work);
      };
      return { place: locks.place, run };
    };
    const { cases } = lockStoreConformance({ name: 'memory', isShared: false, store });
    const names = cases.find(({ name }) => name.startsWith('other keys do not wait'));
    await expect(names!.run()).rejects.toThrow(/^left alone$/);
  });
});
