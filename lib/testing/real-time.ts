import * as timers from 'node:timers';

// Taken before a test can replace them by fake timers: virtual time does not depend on those.
const { setImmediate, setTimeout, clearTimeout } = timers;

/** One turn of the event loop. */
export const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve));

/** Runs it in the next turn of the event loop. */
export const soon = (run: () => void): void => void setImmediate(run);

/** Timers of Node take no more: about 25 days. */
const LONGEST = 2 ** 31 - 1;

/** Resolves when the promise has settled, at the latest after so many milliseconds of real time, or after 25 days. */
export async function atMost(milliseconds: number, promise: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>(resolve => (timer = setTimeout(resolve, Math.min(milliseconds, LONGEST))));
  await Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
