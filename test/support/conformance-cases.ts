import type { ConformanceCase } from 'nestjs-cqrs/testing';

/** A test for each case of a suite; those that do not apply are skipped, and say why. */
export function testCases({ cases }: { readonly cases: readonly ConformanceCase[] }): void {
  for (const { name, skipped, run } of cases)
    if (skipped === undefined) it(name, run, 60_000);
    else it.skip(`${name} (skipped: ${skipped})`, run);
}

/** As Node does of a promise that is rejected without a handler; Jest keeps a true one from listeners of tests. */
export const leaveRejection = (): boolean =>
  process.emit('unhandledRejection', new Error('left alone'), Promise.resolve());
