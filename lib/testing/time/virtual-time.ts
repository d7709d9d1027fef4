import { syncBuiltinESMExports } from 'node:module';
import { BoundTimers } from './bound-timers.js';
import { installClock, installedClock, type FakeClock } from './clock.js';
import { millisecondsOf, type TimeSpan } from './duration.js';

/** Where virtual time begins, and who moves it. */
export interface VirtualTimeOptions {
  /** The time at the beginning, if the kit installs the clock. Default: the real time. */
  readonly start?: Date;
  /** Moves the clock of a runner, for fake timers that are not found: `ms => jest.advanceTimersByTimeAsync(ms)`. */
  readonly advance?: (milliseconds: number) => Promise<unknown>;
}

/** Time that passes when the test says so. */
export interface VirtualTime extends Disposable {
  /** The virtual time. */
  readonly now: Date;
  /**
   * Lets time pass, and waits for what it causes in tracked flows, which take it in.
   * @param span milliseconds, or a text such as `24h`
   * @throws AssertionError as `flow.settled()` does; TypeError for what is not a time
   */
  advance(span: TimeSpan): Promise<void>;
  /** Timers are again what they were. `using` does it at the end of the block. */
  restore(): void;
}

/**
 * Replaces timers and `Date` by virtual ones, or adopts those that Jest or Vitest has installed. Callbacks keep the
 * asynchronous context in which they were set, so that a flow knows what a timer causes.
 * @throws Error if no clock is installed, and `@sinonjs/fake-timers` is not either
 */
export function virtualTime(options: VirtualTimeOptions = {}): VirtualTime {
  const adopted = installedClock();
  if (adopted !== undefined || options.advance !== undefined) return new BoundTime(options, adopted);
  const clock = installClock(options.start);
  return new BoundTime(options, clock, () => clock.uninstall?.());
}

class BoundTime implements VirtualTime {
  private readonly timers = new BoundTimers();

  constructor(
    private readonly options: VirtualTimeOptions,
    private readonly clock: FakeClock | undefined,
    private readonly uninstall?: () => void,
  ) {}

  get now(): Date {
    return new Date();
  }

  async advance(span: TimeSpan): Promise<void> {
    const time = millisecondsOf(span);
    const flows = [...this.timers.flows];
    const { advance = (milliseconds: number) => this.clock!.tickAsync(milliseconds) } = this.options;
    await advance(time);
    for (const flow of flows) await flow.again?.();
  }

  restore(): void {
    this.timers.restore();
    this.uninstall?.();
    // The clock gives node:timers/promises back, but not to those that import it by name.
    syncBuiltinESMExports();
  }

  [Symbol.dispose](): void {
    this.restore();
  }
}
