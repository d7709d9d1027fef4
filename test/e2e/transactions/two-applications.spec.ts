import { join } from 'node:path';
import { answerOf } from '../../support/program.js';

interface Report {
  readonly results: string[];
  /** By application. */
  readonly side: Record<'a' | 'b' | 'n', string[]>;
  readonly nested: { readonly same: string; readonly named: string };
  readonly after: number[];
}

describe('Two applications of one process with transactions of nestjs-cls', () => {
  let report: Report;

  beforeAll(async () => {
    report = await answerOf(join(import.meta.dirname, 'two-applications-program.ts'));
  }, 60_000);

  it.each(['a', 'b', 'n'] as const)('side by side, %s is in its own transactions', name => {
    const { results, side } = report;
    expect(results.filter(result => result === name)).toHaveLength(20);
    const phases = Array.from({ length: 20 }, (_, i) => `${name}${i + 1}`).flatMap(transaction => [
      `${transaction} checks`,
      `${transaction} has saved`,
      `${transaction} saves`,
      'none after',
    ]);
    expect(side[name].toSorted()).toEqual(phases.toSorted());
  });

  it('one within a transaction of the other is refused, unless its connection has a name', () => {
    const { nested, after } = report;
    expect(nested.same).toContain('CQRS_FOREIGN_TRANSACTION');
    expect(nested.named).toBe('a');
    // `a` has begun, and was rolled back; then it has saved, and the named one too.
    expect(after).toEqual([5, 0, 4]);
  });
});
