import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { jest } from '@jest/globals';

// A worker that has run a hundred files holds a gigabyte, and each collection walks through all of it.
jest.setTimeout(300_000);

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** A collection that is under way keeps what was alive when it began, so one round is not always enough. */
const ROUNDS = 30;

/**
 * Collects garbage until something is gone. It returns without an error when that never happens: the test asserts it.
 * Make the garbage in a function of its own: a variable of the test, even one out of use, can keep its last value.
 */
export async function collectUntil(isGone: () => boolean): Promise<void> {
  for (let round = 0; round < ROUNDS && !isGone(); round++) {
    // A WeakRef that was made or read keeps its object until the current turn of the event loop ends.
    await delay(1);
    collect();
  }
}
