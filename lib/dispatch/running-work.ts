import { LONGEST_TIMER } from '../pipeline/time-limit.js';
import { genuine } from '../pipeline/settled.js';
import { RecentPromises } from './recent-promises.js';
import type { RunCounter } from './run-counter.js';

/** How many counters are kept at hand before those at zero are dropped. */
const LISTED = 1024;

/** How many microtasks may pass between the end of one run and the beginning of the next that it leads to. */
const TURNS = 64;

/** Called after a garbage collection, which collects what was registered. */
const collections = new FinalizationRegistry<WeakRef<RunningWork>>(reference => reference.deref()?.letGo());

/**
 * Knows what still runs when an application closes: runs of event handlers, and of commands sent by `dispatch`, are counted;
 * the promises of `execute` are remembered, see {@link RecentPromises}. After each garbage collection both let go of what
 * has ended.
 */
export class RunningWork {
  private readonly recent = new RecentPromises();
  /** The counters that have counted a run. */
  private readonly listed = new Set<RunCounter>();
  /** How many are listed before those at zero are dropped. */
  private mostListed = LISTED;
  private total = 0;
  private readonly idle: (() => void)[] = [];

  constructor() {
    this.awaitCollection();
  }

  /** Remembers a promise that belongs to the caller. */
  remember(promise: Promise<unknown>, runs: RunCounter): void {
    this.recent.remember(promise, runs);
  }

  /**
   * What counts the end of a run. Ask for it before `begin`: at the end of the stack this may throw, and then nothing has
   * been counted.
   */
  ending(runs: RunCounter): () => void {
    return runs.end ?? this.list(runs);
  }

  /**
   * Counts a run that has begun.
   * @returns counts its end
   */
  begin(runs: RunCounter): () => void {
    const end = this.ending(runs);
    this.total += 1;
    runs.running += 1;
    return end;
  }

  /** Counts a run that has ended. */
  end(runs: RunCounter): void {
    runs.running -= 1;
    this.total -= 1;
    if (this.total === 0 && this.idle.length > 0) for (const resolve of this.idle.splice(0)) resolve();
  }

  /**
   * Counts a run until it has settled.
   * @param promise of the run; its `then` may be user code, which is not trusted
   * @returns resolves to undefined, or rejects as the run does
   */
  follow(promise: unknown, runs: RunCounter): Promise<void> {
    const ended = genuine(promise).then(this.ending(runs), runs.fail);
    this.begin(runs);
    return ended;
  }

  /**
   * Waits until nothing runs.
   * @param timeout milliseconds to wait at most
   * @returns what still runs then, one entry per run
   */
  async drain(timeout: number): Promise<RunCounter[]> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<true>(resolve => (timer = setTimeout(resolve, Math.min(timeout, LONGEST_TIMER), true)));
    this.countRecent();
    while (this.total > 0) {
      const quiet = new Promise<false>(resolve => this.idle.push(() => resolve(false)));
      if (await Promise.race([quiet, late])) break;
      // Work that continues by promises alone, such as the next event of a list, begins within so many turns.
      for (let i = 0; i < TURNS && this.total === 0; i++) await undefined;
      this.countRecent();
    }
    clearTimeout(timer);
    return [...this.listed].flatMap(runs => Array.from({ length: runs.running }, () => runs));
  }

  /** Holds the results of callers weakly, and drops the counters at zero. */
  letGo(): void {
    this.recent.fade();
    this.dropIdle();
    this.awaitCollection();
  }

  private awaitCollection(): void {
    collections.register({}, new WeakRef(this));
  }

  /** perf: a counter stays listed when its run has ended, so that the next run makes no function. */
  private list(runs: RunCounter): () => void {
    if (this.listed.size >= this.mostListed) {
      this.dropIdle();
      this.mostListed = Math.max(LISTED, this.listed.size * 2);
    }
    this.listed.add(runs);
    const end = () => this.end(runs);
    runs.fail = error => {
      end();
      throw error;
    };
    return (runs.end = end);
  }

  private dropIdle(): void {
    for (const runs of this.listed) {
      if (runs.running > 0) continue;
      runs.end = runs.fail = undefined;
      this.listed.delete(runs);
    }
  }

  /** From here on the promises of callers are counted too. */
  private countRecent(): void {
    for (const { promise, runs } of this.recent.take()) {
      const end = this.begin(runs);
      void genuine(promise).then(end, end);
    }
  }
}
