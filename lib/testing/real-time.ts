import * as timers from 'node:timers';

// Taken before a test can replace them by fake timers: virtual time does not depend on those.
const { setImmediate, setTimeout, clearTimeout } = timers;

/** One turn of the event loop. */
export const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve));

/** Runs it in the next turn of the event loop. */
export const soon = (run: () => void): void => void setImmediate(run);

/** Resolves when the promise has settled, at the latest after so many milliseconds of real time. */
export async function atMost(milliseconds: number, promise: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>(resolve => (timer = setTimeout(resolve, milliseconds)));
  await Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
