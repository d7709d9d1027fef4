import { MAX_TIMER } from '../pipeline/time-limit.js';
import { genuine } from '../pipeline/settled.js';
import { RecentPromises } from './recent-promises.js';
import type { RunCounter } from './run-counter.js';

/** More counters are searched for idle ones. */
const LISTED = 1024;

/** Microtasks allowed between a run and its successor. */
const TURNS = 64;

/** Those of the process: under the fake timers of a test, an application that closes would wait for ever. */
const { setTimeout: later, clearTimeout: cancel } = globalThis;

const collections = new FinalizationRegistry<WeakRef<RunningWork>>(reference => reference.deref()?.letGo());

/**
 * The work that shutdown awaits: counts runs of event handlers and of `dispatch`, and remembers promises of `execute`
 * ({@link RecentPromises}). Each garbage collection releases ended work.
 */
export class RunningWork {
  private readonly recent = new RecentPromises();
  private readonly listed = new Set<RunCounter>();
  private mostListed = LISTED;
  private total = 0;
  private readonly idle: (() => void)[] = [];

  constructor() {
    this.awaitCollection();
  }

  remember(promise: Promise<unknown>, runs: RunCounter): void {
    this.recent.remember(promise, runs);
  }

  /** Ask before `begin`: a stack overflow here must leave nothing counted. */
  ending(runs: RunCounter): () => void {
    return runs.end ?? this.list(runs);
  }

  /** @returns ends it */
  begin(runs: RunCounter): () => void {
    const end = this.ending(runs);
    this.total += 1;
    runs.running += 1;
    return end;
  }

  end(runs: RunCounter): void {
    runs.running -= 1;
    this.total -= 1;
    if (this.total === 0 && this.idle.length > 0) for (const resolve of this.idle.splice(0)) resolve();
  }

  /**
   * @param promise its `then` may be user code
   * @returns resolves to undefined, or rejects as the run
   */
  follow(promise: unknown, runs: RunCounter): Promise<void> {
    const ended = genuine(promise).then(this.ending(runs), runs.fail);
    this.begin(runs);
    return ended;
  }

  /**
   * @param timeout in milliseconds
   * @returns the counters of unfinished runs
   */
  async drain(timeout: number): Promise<RunCounter[]> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<true>(resolve => (timer = later(resolve, Math.min(timeout, MAX_TIMER), true)));
    this.countRecent();
    while (this.total > 0) {
      const quiet = new Promise<false>(resolve => this.idle.push(() => resolve(false)));
      if (await Promise.race([quiet, late])) break;
      // Work that continues by promises alone, as a list of events, begins within these turns.
      for (let i = 0; i < TURNS && this.total === 0; i++) await undefined;
      this.countRecent();
    }
    cancel(timer);
    return [...this.listed].flatMap(runs => Array.from({ length: runs.running }, () => runs));
  }

  letGo(): void {
    this.recent.fade();
    this.dropIdle();
    this.awaitCollection();
  }

  private awaitCollection(): void {
    collections.register({}, new WeakRef(this));
  }

  /** perf: a counter stays listed after its run; closures per run would cost `dispatch` 64 % and 335 bytes. */
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

  private countRecent(): void {
    for (const { promise, runs } of this.recent.take()) {
      const end = this.begin(runs);
      void genuine(promise).then(end, end);
    }
  }
}
