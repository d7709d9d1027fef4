import { createRequire } from 'node:module';
import { join } from 'node:path';

/** A clock of `@sinonjs/fake-timers`, which Jest and Vitest use too. */
export interface FakeClock {
  readonly now: number;
  tickAsync(milliseconds: number): Promise<unknown>;
  countTimers?(): number;
  uninstall?(): void;
}

interface FakeTimers {
  install(config: { readonly now?: number | Date; readonly toFake: readonly string[] }): FakeClock;
}

/** What waits for time. Promises, `setImmediate` and `process.nextTick` go on as always. */
const FAKED = ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'];

/** The clock that a runner has installed; undefined if timers are real. */
export const installedClock = (): FakeClock | undefined =>
  (globalThis.setTimeout as { readonly clock?: FakeClock }).clock;

/** @throws Error if `@sinonjs/fake-timers` is not installed */
export function installClock(start: Date | undefined): FakeClock {
  return load().install({ toFake: FAKED, now: start ?? Date.now() });
}

function load(): FakeTimers {
  try {
    // As the tests would load it: it is their dependency, not that of this package.
    return createRequire(join(process.cwd(), 'package.json'))('@sinonjs/fake-timers') as FakeTimers;
  } catch (cause) {
    throw new Error(
      'virtualTime() needs a clock. Install @sinonjs/fake-timers, or call jest.useFakeTimers() or vi.useFakeTimers() before.',
      { cause },
    );
  }
}
