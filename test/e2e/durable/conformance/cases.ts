import { durableConformance, type DurableConformanceAdapter } from 'nestjs-cqrs/testing';

/**
 * A test for each case of the suite; those that do not apply are skipped, and say why.
 * @param only cases with such a name
 */
export function testDurableConformance(
  adapter: DurableConformanceAdapter & { end?(): Promise<unknown> },
  only = /./,
): void {
  const cases = durableConformance(adapter).cases.filter(({ name }) => only.test(name));
  afterAll(() => adapter.end?.(), 60_000);
  for (const { name, skipped, run } of cases)
    if (skipped === undefined) it(name, run, 180_000);
    else it.skip(`${name} (skipped: ${skipped})`, run);
}
