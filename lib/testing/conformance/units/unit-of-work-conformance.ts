import { within } from '../journal.js';
import { watchingRejections } from '../rejections.js';
import type { ConformanceCase } from '../remote-conformance.js';
import type { UnitOfWorkConformanceAdapter } from './adapter.js';
import { committing } from './committing.js';
import { delivering } from './delivering.js';
import { storing } from './storing.js';
import { UnitWorld } from './world.js';

/** The suite for one adapter. */
export interface UnitOfWorkConformance {
  /** Each also passes alone. Run them one after another. */
  readonly cases: readonly ConformanceCase[];
}

const LIMIT = 60_000;

/**
 * Checks an adapter of `Transactions` against what `unitOfWork` expects of it. Knows no test runner; see
 * `durableConformance()`. Most cases take less than a second.
 * @param adapter what is tested, and what it promises
 */
export function unitOfWorkConformance(adapter: UnitOfWorkConformanceAdapter): UnitOfWorkConformance {
  return {
    cases: [...committing, ...delivering, ...storing].map(({ name, without, run }) => {
      const skipped = without?.(adapter);
      return { name, ...(skipped !== undefined && { skipped }), run: () => runCase(adapter, run) };
    }),
  };
}

async function runCase(adapter: UnitOfWorkConformanceAdapter, run: (world: UnitWorld) => Promise<void>): Promise<void> {
  const rejections: unknown[] = [];
  await watchingRejections(rejections, async () => {
    const world = new UnitWorld(adapter);
    await world.start();
    try {
      await within(run(world), LIMIT, 'the case ends');
    } finally {
      await world.close();
    }
  });
  if (rejections.length > 0) throw rejections[0];
}
