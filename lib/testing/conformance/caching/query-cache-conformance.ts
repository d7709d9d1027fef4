import { within } from '../journal.js';
import { watchingRejections } from '../rejections.js';
import type { ConformanceCase } from '../remote-conformance.js';
import type { QueryCacheConformanceAdapter } from './adapter.js';
import type { CacheCase } from './case.js';
import { keeping } from './keeping.js';
import { shared } from './sharing.js';
import { told } from './telling.js';
import { touching } from './touching.js';
import { CacheWorld } from './world.js';

/** The suite for one adapter. */
export interface QueryCacheConformance {
  /** Each also passes alone. Run them one after another. */
  readonly cases: readonly ConformanceCase[];
}

const LIMIT = 60_000;

/**
 * Checks a `QueryCache` against what `@Cached` and live queries expect of it. Knows no test runner; see
 * `durableConformance()`. Most cases take less than a second.
 * @param adapter what is tested, and what it promises
 */
export function queryCacheConformance(adapter: QueryCacheConformanceAdapter): QueryCacheConformance {
  return {
    cases: [...keeping, ...touching, ...shared, ...told].map(({ name, without, run }) => {
      const skipped = without?.(adapter);
      return { name, ...(skipped !== undefined && { skipped }), run: () => runCase(adapter, run) };
    }),
  };
}

/** Fails, too, if it leaves a promise that is rejected without a handler. */
async function runCase(adapter: QueryCacheConformanceAdapter, run: CacheCase['run']): Promise<void> {
  const rejections: unknown[] = [];
  await watchingRejections(rejections, async () => {
    const world = await CacheWorld.start(adapter);
    try {
      await within(run(world), LIMIT, 'the case ends');
    } finally {
      await world.closeAll();
    }
  });
  if (rejections.length > 0) throw rejections[0];
}
