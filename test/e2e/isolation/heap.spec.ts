import { join } from 'node:path';
import { jest } from '@jest/globals';
import { runProgram } from '../faults/program.js';

jest.setTimeout(120_000);

interface Found {
  /** For each case the part of what has gone through that stays in memory. */
  readonly found: Record<string, number>;
  readonly isObserved: boolean;
}

/** In a process of its own, whose garbage can be collected. */
const run = async (): Promise<Found> => {
  const { output, errors } = await runProgram(join(import.meta.dirname, 'heap-program.ts'), [], ['--expose-gc']);
  expect(errors).toBe('');
  return JSON.parse(output) as Found;
};

describe('After the work is done, memory is free', () => {
  it('of messages, contexts, results, signals, keys, classes, buses and abandoned streams', async () => {
    const { found, isObserved } = await run();
    // What is kept per application (compiled code, the latest events of a saga) is less than a quarter of what went through.
    for (const [name, part] of Object.entries(found)) expect([name, part < 0.25]).toEqual([name, true]);
    expect(Object.keys(found)).toHaveLength(11);
    expect(isObserved).toBe(false);
  });
});
