import type { ConformanceCase } from '../remote-conformance.js';
import type { ResultStoreConformanceAdapter } from './adapter.js';
import { answering } from './answering.js';
import { casesOf } from './run-cases.js';
import { waiting } from './waiting.js';

/** The suite for one adapter. */
export interface ResultStoreConformance {
  /** Each also passes alone. Run them one after another. */
  readonly cases: readonly ConformanceCase[];
}

/**
 * Checks a `ResultStore` against what `@Idempotent` expects of it. Knows no test runner; see `durableConformance()`. Each case
 * takes less than a second.
 * @param adapter what is tested, and what it promises
 */
export function resultStoreConformance(adapter: ResultStoreConformanceAdapter): ResultStoreConformance {
  const store = async () => {
    const results = await adapter.store();
    return { place: results.place, take: results.once.bind(results) };
  };
  return { cases: casesOf({ ...adapter, store }, [...waiting, ...answering]) };
}
