import { remoteConformance } from 'nestjs-cqrs/testing';
import { BROKEN } from './broken-rows.js';
import { memoryAdapter } from './memory-adapter.js';

describe('the conformance suite', () => {
  for (const [how, breakage, ...all] of BROKEN)
    for (const told of all)
      it(`tells that ${how}, in the case ${told.source}`, async () => {
        const { cases, close } = remoteConformance({ ...breakage(memoryAdapter()), patience: 700 });
        const found = cases.filter(({ name }) => told.test(name));
        expect(found).toHaveLength(1);
        const failure = await found[0]!.run().catch((error: unknown) => error);
        expect(failure).toBeDefined();
        await close().catch(() => undefined);
      }, 60_000);

  it('has a broken adapter for each case of an adapter with all features', () => {
    const { cases } = remoteConformance(memoryAdapter());
    const needed = cases.filter(({ skipped }) => skipped === undefined).map(({ name }) => name);
    expect(needed.filter(name => !BROKEN.some(([, , ...all]) => all.some(told => told.test(name))))).toEqual([]);
  });
});
