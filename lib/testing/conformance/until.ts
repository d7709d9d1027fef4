import assert from 'node:assert/strict';
import { within } from './journal.js';

/** Waits until something holds, which may itself hang. Fails if it does not within `patience` milliseconds. */
export async function until(holds: () => boolean | Promise<boolean>, patience: number, what: string): Promise<void> {
  const end = performance.now() + patience;
  const wait = async () => {
    while (!(await holds()) && performance.now() < end) await new Promise(resolve => setTimeout(resolve, 5));
    assert.ok(await holds(), `It did not happen: ${what}`);
  };
  await within(wait(), 2 * patience, what);
}
