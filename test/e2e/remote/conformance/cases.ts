import { remoteConformance, type RemoteConformanceAdapter } from 'nestjs-cqrs/testing';

/** A test for each case of the suite; those that do not apply are skipped, and say why. */
export function testConformance(adapter: RemoteConformanceAdapter & { end?(): Promise<unknown> }): void {
  const { cases, close } = remoteConformance(adapter);
  afterAll(() => close().finally(() => adapter.end?.()), 60_000);
  for (const { name, skipped, run } of cases)
    if (skipped === undefined) it(name, run, 60_000);
    else it.skip(`${name} (skipped: ${skipped})`, run);
}
