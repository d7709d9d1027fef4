import type { ConformanceCase } from '../remote-conformance.js';
import type { LockStoreConformanceAdapter } from './adapter.js';
import { locking } from './locking.js';
import { casesOf } from './run-cases.js';
import { waiting } from './waiting.js';

/** The suite for one adapter. */
export interface LockStoreConformance {
  /** Each also passes alone. Run them one after another. */
  readonly cases: readonly ConformanceCase[];
}

/**
 * Checks a `LockStore` against what `@Sequential` expects of it. Knows no test runner; see `durableConformance()`. Each case
 * takes less than a second.
 * @param adapter what is tested, and what it promises
 */
export function lockStoreConformance(adapter: LockStoreConformanceAdapter): LockStoreConformance {
  const store = async () => {
    const locks = await adapter.store();
    return { place: locks.place, take: locks.run.bind(locks) };
  };
  return { cases: casesOf({ ...adapter, store }, [...waiting, ...locking]) };
}
