import assert from 'node:assert/strict';
import { deadLetters } from './cases/durable-dead-letters.js';
import { restarting } from './cases/durable-restarting.js';
import { retrying } from './cases/durable-retrying.js';
import { scheduling } from './cases/durable-scheduling.js';
import { storing } from './cases/durable-storing.js';
import { naming } from './cases/durable-naming.js';
import { transacting } from './cases/durable-transacting.js';
import { keeping } from './cases/durable-keeping.js';
import { keyed } from './cases/durable-keyed.js';
import { working } from './cases/durable-working.js';
import type { DurableConformanceAdapter } from './durable-adapter.js';
import type { DurableCase } from './durable-case.js';
import { DurableWorld } from './durable-world.js';
import { within } from './journal.js';
import { watchingRejections } from './rejections.js';
import type { ConformanceCase } from './remote-conformance.js';

/** The suite for one adapter. */
export interface DurableConformance {
  /** Each also passes alone. Run them one after another. */
  readonly cases: readonly ConformanceCase[];
}

/** Cases take several times what they wait for, in real time. */
const CASE_LIMIT = 12;
const LEAST_LIMIT = 60_000;

/**
 * Checks an adapter of `DurableTransport` against what the library expects of it. Knows no test runner:
 * `for (const { name, skipped, run } of cases) (skipped === undefined ? it : it.skip)(name, run)`. Most cases take less
 * than a second; give each a time limit of three minutes.
 * @param adapter what is tested, and what it promises
 */
export function durableConformance(adapter: DurableConformanceAdapter): DurableConformance {
  const rejections: unknown[] = [];
  const definitions = [
    features,
    ...storing,
    ...naming,
    ...retrying,
    ...deadLetters,
    ...working,
    ...keeping,
    ...keyed,
    ...transacting,
    ...scheduling,
    ...restarting,
    withoutRejections(rejections),
  ];
  return {
    cases: definitions.map(({ name, without, run }) => {
      const skipped = without?.(adapter);
      return {
        name,
        ...(skipped !== undefined && { skipped }),
        run: () => watchingRejections(rejections, () => runCase(adapter, run)),
      };
    }),
  };
}

async function runCase(adapter: DurableConformanceAdapter, run: DurableCase['run']): Promise<void> {
  const world = new DurableWorld(adapter);
  const limit = Math.max(CASE_LIMIT * world.patience, LEAST_LIMIT) + (adapter.scheduleRun ?? 0);
  try {
    await within(run(world), limit, 'the case ends');
  } catch (error) {
    // What fails while the case is cleaned up would hide why it failed.
    await world.end().catch(() => undefined);
    throw error;
  }
  await world.end();
}

const features: DurableCase = {
  name: 'the transport has the features that the adapter promises',
  async run(world) {
    const transport = await world.open();
    assert.deepEqual(transport.features, world.adapter.features);
    assert.equal(transport.schedules !== undefined, world.adapter.features.schedules, 'schedules');
    assert.ok(transport.engine.length > 0, 'It has no engine.');
  },
};

const withoutRejections = (found: readonly unknown[]): DurableCase => ({
  name: 'no promise was rejected without a handler in any of these',
  async run(world) {
    const queue = world.queue();
    const transport = await world.open(queue);
    const runs = await world.work(transport, queue);
    await transport.store([world.job(queue)]);
    await world.until(() => runs.ended.length > 0, 'the job is handled');
    await world.close(transport);
    await new Promise(resolve => setTimeout(resolve, 50));
    assert.deepEqual(found, []);
  },
});
