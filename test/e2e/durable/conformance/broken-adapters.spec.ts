import { durableConformance } from 'nestjs-cqrs/testing';
import { changed, survivingAdapter, type Breakage } from './breakages.js';
import { BROKEN_DELIVERIES } from './broken-deliveries.js';
import { BROKEN_STORES } from './broken-stores.js';
import { testDurableConformance } from './cases.js';
import { memoryAdapter } from './memory-adapter.js';

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

  it('adds to a failure what the transport has reported', async () => {
    const silent = memoryAdapter(transport =>
      changed(transport, {
        open: async (_queues, report) => {
          report('The queue is gone', new Error('no connection'));
          report('The worker has stopped', 'no lease');
        },
        work: async () => undefined,
      }),
    );
    const { cases } = durableConformance({ ...silent, patience: 100 });
    const once = cases.find(({ name }) => name.startsWith('a stored job is handled once'));
    await expect(once!.run()).rejects.toThrow(
      /It did not happen\. Reported: The queue is gone: Error: no connection; The worker has stopped: no lease$/,
    );
  });

  it.each<[string, RegExp, string]>([
    ['passes an engine that refuses the two texts that databases cannot store', /[\0\ud800]/, 'passes'],
    ['tells that an engine refuses usual text', /./, 'Usual text is refused.'],
  ])('%s', async (_title, refused, expected) => {
    const refusing = memoryAdapter(transport =>
      changed(transport, {
        store: async (all, transaction) => {
          const isRefused = all.some(({ data }) => refused.test((data.envelope as { text: string }).text));
          if (isRefused) throw new Error('The text is refused.');
          return transport.store(all, transaction);
        },
      }),
    );
    const odd = durableConformance(refusing).cases.find(({ name }) => name.startsWith('odd text arrives'));
    const end = await odd!.run().then(
      () => 'passes',
      ({ message }: Error) => message,
    );
    expect(end).toBe(expected);
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
