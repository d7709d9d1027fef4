import assert from 'node:assert/strict';
import type { RemoteConformanceAdapter } from './adapter.js';
import type { CaseDefinition } from './case.js';
import { absence } from './cases/absence.js';
import { answers } from './cases/answers.js';
import { cancelling } from './cases/cancelling.js';
import { context } from './cases/context.js';
import { requests } from './cases/requests.js';
import { rowCases } from './cases/rows.js';
import { sharing } from './cases/sharing.js';
import { within } from './journal.js';
import { watchingRejections } from './rejections.js';
import { World } from './world.js';

/** One test of the suite. */
export interface ConformanceCase {
  readonly name: string;
  /** Why the case does not apply to the adapter; undefined if it does. */
  readonly skipped?: string;
  /** Rejects with an `AssertionError`, or what the adapter threw. */
  run(): Promise<void>;
}

/** The suite for one adapter. */
export interface RemoteConformance {
  /** In the order that needs the fewest servers; each also passes alone. Run them one after another. */
  readonly cases: readonly ConformanceCase[];
  /** Call after the last case: ends what still runs. */
  close(): Promise<void>;
}

/** Cases take several times what they wait for. */
const CASE_LIMIT = 12;

/**
 * Checks an adapter of `RemoteTransport` and `RemoteServer` against what the library expects of it. Knows no test runner:
 * `for (const { name, skipped, run } of cases) (skipped === undefined ? it : it.skip)(name, run)`.
 * @param adapter what is tested, and what it promises
 */
export function remoteConformance(adapter: RemoteConformanceAdapter): RemoteConformance {
  const world = new World(adapter);
  const rejections: unknown[] = [];
  const [absent, late, closing, killed] = absence;
  const [slowReader, ...otherRows] = rowCases;
  const [event, ...shared] = sharing;
  const alone = [absent!, late!, features, ...answers, ...context, ...requests, slowReader!, event!];
  const definitions = alone.concat(otherRows, shared, cancelling, closing!, killed!, withoutRejections(rejections));
  return {
    cases: definitions.map(({ name, without, run }) => {
      const skipped = without?.(adapter);
      return {
        name,
        ...(skipped !== undefined && { skipped }),
        run: () =>
          watchingRejections(rejections, () => within(run(world), CASE_LIMIT * world.patience, 'the case ends')),
      };
    }),
    close: () => world.close(),
  };
}

const features: CaseDefinition = {
  name: 'client and server have the features that the adapter promises',
  async run(world) {
    const [server] = await world.servers(1);
    const transport = world.adapter.transport();
    await transport.close?.();
    const told = await world.journal.find('ready', server!.id);
    const promised = world.adapter.features;
    assert.deepEqual(
      { client: transport.features, server: JSON.parse(told.detail!) as unknown },
      { client: promised, server: promised },
    );
  },
};

const withoutRejections = (here: readonly unknown[]): CaseDefinition => ({
  name: 'no promise was rejected without a handler in any of these',
  async run(world) {
    await world.servers(1);
    await world.reachAll();
    assert.deepEqual([...here, ...world.journal.all('rejection').map(({ detail }) => detail)], []);
  },
});
