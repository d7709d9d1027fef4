import { queryCacheConformance } from 'nestjs-cqrs/testing';
import { leaveRejection, testCases } from '../../../support/conformance-cases.js';
import { BROKEN_CACHES, Refused } from './broken-caches.js';
import { SharedCache, sharedCaches } from './shared-caches.js';

describe('the conformance suite of caches', () => {
  it.each(BROKEN_CACHES)('tells that %s', async (_how, breakage, told) => {
    const [found, ...others] = queryCacheConformance({ ...breakage(), patience: 200 }).cases.filter(({ name }) =>
      told.test(name),
    );
    expect(others).toEqual([]);
    const failure: unknown = await found!.run().catch((error: unknown) => error);
    expect(failure?.constructor.name).toMatch(new RegExp(`^(AssertionError|${Refused.name})$`));
  });

  it('has a broken cache for each case', () => {
    const names = queryCacheConformance(sharedCaches()).cases.map(({ name }) => name);
    expect(names.filter(name => !BROKEN_CACHES.some(([, , told]) => told.test(name)))).toEqual([]);
  });

  it('skips what an adapter does not promise, and says why', () => {
    const reasonsOf = (isShared: boolean, tellsTouches?: boolean) => {
      const cache = () => undefined as never;
      const adapter = { name: 'none', isShared, cache, ...(tellsTouches !== undefined && { tellsTouches }) };
      return queryCacheConformance(adapter).cases.flatMap(({ skipped }) => skipped ?? []);
    };
    const silent = Array.from({ length: 4 }, () => 'it does not tell touches');
    expect(reasonsOf(true)).toEqual([]);
    expect(reasonsOf(true, false)).toEqual(silent);
    expect(reasonsOf(false)).toEqual([
      ...Array.from({ length: 8 }, () => 'one process has the cache to itself'),
      ...silent,
    ]);
  });

  it('tells of a promise that is rejected without a handler, though the case holds', async () => {
    class Careless extends SharedCache {
      override get(key: string) {
        leaveRejection();
        return super.get(key);
      }
    }
    const { cases } = queryCacheConformance(sharedCaches(store => new Careless(store)));
    const times = cases.find(({ name }) => name.startsWith('a result comes back'));
    await expect(times!.run()).rejects.toThrow(/^left alone$/);
  });

  describe('passes a cache of several processes', () => {
    testCases(queryCacheConformance(sharedCaches()));
  });
});
