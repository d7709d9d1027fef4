import { durableConformance, type DurableConformanceAdapter } from 'nestjs-cqrs/testing';

/** A test for each case of the suite; those that do not apply are skipped, and say why. */
export function testDurableConformance(adapter: DurableConformanceAdapter & { end?(): Promise<unknown> }): void {
  const { cases } = durableConformance(adapter);
  afterAll(() => adapter.end?.(), 60_000);
  for (const { name, skipped, run } of cases)
    if (skipped === undefined) it(name, run, 180_000);
    else it.skip(`${name} (skipped: ${skipped})`, run);
}
