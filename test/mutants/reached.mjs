// Collects which parts of `lib` a process runs: a test file, or a program that one starts.
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Begins to collect. @returns writes down what has run, for the test file of which the environment tells */
export function writeReached() {
  const parts = new Set();
  globalThis.__reached = part => parts.add(part);
  return () => {
    const report = JSON.stringify({ test: process.env.MUTANTS_TEST, parts: [...parts] });
    writeFileSync(join(process.env.MUTANTS_REPORTS, `${randomUUID()}.json`), report);
  };
}
