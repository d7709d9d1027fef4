import { watchingRejections } from '../rejections.js';
import type { ConformanceCase } from '../remote-conformance.js';
import type { KeyedCase } from './case.js';
import type { KeyedAdapter } from './keyed-store.js';
import { KeyedWorld } from './world.js';

/** Each with stores of its own; fails, too, if it leaves a promise that is rejected without a handler. */
export const casesOf = (adapter: KeyedAdapter, cases: readonly KeyedCase[]): ConformanceCase[] =>
  cases.map(({ name, without, run }) => {
    const skipped = without?.(adapter);
    return { name, ...(skipped !== undefined && { skipped }), run: () => runCase(adapter, run) };
  });

async function runCase(adapter: KeyedAdapter, run: KeyedCase['run']): Promise<void> {
  const rejections: unknown[] = [];
  await watchingRejections(rejections, async () => run(await KeyedWorld.start(adapter)));
  if (rejections.length > 0) throw rejections[0];
}
