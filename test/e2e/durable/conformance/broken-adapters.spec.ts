import { durableConformance } from 'nestjs-cqrs/testing';
import { survivingAdapter, type Breakage } from './breakages.js';
import { BROKEN_DELIVERIES } from './broken-deliveries.js';
import { BROKEN_STORES } from './broken-stores.js';
import { testDurableConformance } from './cases.js';

const BROKEN: readonly (readonly [how: string, breakage: Breakage, told: RegExp])[] = [
  ...BROKEN_STORES,
  ...BROKEN_DELIVERIES,
];

describe('the conformance suite of durable transports', () => {
  for (const [how, breakage, told] of BROKEN)
    it(`tells that ${how}`, async () => {
      const { cases } = durableConformance({ ...breakage(), patience: 1000 });
      const found = cases.filter(({ name }) => told.test(name));
      expect(found).toHaveLength(1);
      const failure: unknown = await found[0]!.run().catch((error: unknown) => error);
      expect(failure).toMatchObject({ name: 'AssertionError' });
    });

  it('has a broken adapter for each case of an adapter with all features', () => {
    const { cases } = durableConformance(survivingAdapter());
    const needed = cases.filter(({ skipped }) => skipped === undefined).map(({ name }) => name);
    expect(needed.filter(name => !BROKEN.some(([, , told]) => told.test(name)))).toEqual([]);
    expect(BROKEN.length).toBeGreaterThanOrEqual(needed.length);
  });

  it('skips what an adapter does not promise, and says why', () => {
    const features = {
      transaction: false,
      settleInTransaction: false,
      keys: 'none',
      schedules: false,
      survivesRestart: false,
    } as const;
    const { cases } = durableConformance({ ...survivingAdapter(), features });
    const reasons = new Set(cases.map(({ skipped }) => skipped));
    expect(reasons).toEqual(
      new Set([
        undefined,
        'without the feature keys',
        'without the feature keys: ordered',
        'without the feature transaction',
        'without the feature schedules',
        'without the feature survivesRestart',
      ]),
    );
  });

  describe('passes an engine that keeps its jobs', () => {
    testDurableConformance(survivingAdapter(), /restart/);
  });
});
