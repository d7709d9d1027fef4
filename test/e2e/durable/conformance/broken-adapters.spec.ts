import type { Job } from 'nestjs-cqrs/extension';
import { durableConformance, type DurableConformanceAdapter } from 'nestjs-cqrs/testing';
import { changed, numbers, survivingAdapter, type Broken } from './breakages.js';
import { BROKEN_DELIVERIES } from './broken-deliveries.js';
import { BROKEN_LETTERS } from './broken-letters.js';
import { BROKEN_NAMES } from './broken-names.js';
import { BROKEN_STORES } from './broken-stores.js';
import { BROKEN_MOMENTS } from './broken-moments.js';
import { BROKEN_TRANSACTIONS } from './broken-transactions.js';
import { testDurableConformance } from './cases.js';
import { memoryAdapter } from './memory-adapter.js';

const BROKEN: readonly Broken[] = [
  ...BROKEN_STORES,
  ...BROKEN_NAMES,
  ...BROKEN_DELIVERIES,
  ...BROKEN_LETTERS,
  ...BROKEN_TRANSACTIONS,
  ...BROKEN_MOMENTS,
];

describe('the conformance suite of durable transports', () => {
  for (const [how, breakage, ...all] of BROKEN)
    for (const told of all)
      it(`tells that ${how}, in the case ${told.source}`, async () => {
        const { cases } = durableConformance({ ...breakage(), patience: 1000 });
        const found = cases.filter(({ name }) => told.test(name));
        expect(found).toHaveLength(1);
        const failure: unknown = await found[0]!.run().catch((error: unknown) => error);
        expect(failure).toMatchObject({ name: 'AssertionError' });
      }, 60_000);

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
    ['tells that an engine refuses usual text, too', /[\0\ud800]|^$/, 'Usual text is refused.'],
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
    expect(needed.filter(name => !BROKEN.some(([, , ...all]) => all.some(told => told.test(name))))).toEqual([]);
    expect(BROKEN.length).toBeGreaterThanOrEqual(needed.length);
  });

  it.each([
    ['the largest payload of all adapters', undefined, 262_144],
    ['the largest payload that the adapter names', 5_000, 5_000],
  ])('stores %s', async (_title, largest, expected) => {
    const sizes: number[] = [];
    const { engine: _, ...adapter } = memoryAdapter(transport =>
      changed(transport, {
        store: (all, transaction) => {
          sizes.push(...all.map(({ data }) => Buffer.byteLength(JSON.stringify(data))));
          return transport.store(all, transaction);
        },
      }),
    );
    const { cases } = durableConformance({ ...adapter, ...(largest !== undefined && { largest }) });
    await cases.find(({ name }) => name.startsWith('a large payload'))!.run();
    expect(sizes).toHaveLength(1);
    // Its characters have two bytes.
    expect([expected - 1, expected]).toContain(sizes[0]);
  });

  it.each<[string, () => DurableConformanceAdapter, RegExp]>([
    [
      'tells no number of the last minute',
      numbers(told => ({ ...told, handledLastMinute: undefined })),
      /^inspect tells/,
    ],
    ['takes ids of 255 characters', refusing(({ id }) => id.length > 255), /^ids of jobs/],
    ['takes names of 200 characters', refusing(({ queue }) => queue.length > 200), /^names of queues/],
  ])('passes an engine that %s', async (_title, adapter, applied) => {
    const found = durableConformance(adapter()).cases.find(({ name }) => applied.test(name));
    await expect(found!.run()).resolves.toBeUndefined();
  });

  it('applies all cases to an adapter with all features', () => {
    const { cases } = durableConformance(survivingAdapter());
    expect(cases.flatMap(({ skipped }) => skipped ?? [])).toEqual([]);
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

  it('skips what an adapter has no way to do, and says which', () => {
    const { begin: _, restart: __, scheduleRun: ___, ...adapter } = survivingAdapter();
    const features = { ...adapter.features, settleInTransaction: false };
    const { cases } = durableConformance({ ...adapter, features });
    const reasons = cases.flatMap(({ skipped }) => skipped ?? []);
    expect(new Set(reasons)).toEqual(
      new Set(['the adapter has no begin', 'the adapter has no restart', 'the adapter has no scheduleRun']),
    );
    const { cases: others } = durableConformance({
      ...survivingAdapter(),
      features: { ...features, keys: 'exclusive' },
    });
    expect(new Set(others.flatMap(({ skipped }) => skipped ?? []))).toEqual(
      new Set(['without the feature keys: ordered', 'without the feature settleInTransaction']),
    );
  });

  describe('passes an engine that keeps its jobs', () => {
    testDurableConformance(survivingAdapter(), /restart/);
  });
});

function refusing(isRefused: (job: Job) => boolean): () => DurableConformanceAdapter {
  return () =>
    memoryAdapter(transport =>
      changed(transport, {
        store: async (all, transaction) => {
          if (all.some(isRefused)) throw new Error('The job is refused.');
          return transport.store(all, transaction);
        },
      }),
    );
}
