import { runInNone } from '../context/context-storage.js';
import { callSafely } from '../dispatch/failures.js';
import { checkedTags } from './caching-problems.js';
import { Clock } from './clock.js';
import { FAILED, type GuardedCache } from './guarded-cache.js';
import { KeptTouches } from './kept-touches.js';

/** Tags that have been touched. */
export interface Touched {
  readonly tags: readonly string[];
  /** `here`: in this process. `elsewhere`: in another one that shares the cache. */
  readonly from: 'here' | 'elsewhere';
}

/** A run that is under way. */
export interface WatchedRun {
  readonly tags: readonly string[];
  /** Its result is out of date: it must not be kept, and nothing that is asked from now on may get it. */
  touched(): void;
  /** Settles when its result has reached the cache; undefined while there is none. */
  readonly storing: Promise<unknown> | undefined;
}

const BUS = 'bus of the cache';

/** After a failure, touches are sent to the cache again after so many milliseconds. */
const RETRY = 1_000;

/**
 * The touches of one application. Inject it to touch tags outside of commands and events, as after an import, or to hear of
 * touches.
 */
export class TouchedTags {
  /** @internal */
  readonly clock = new Clock();
  private readonly kept = new KeptTouches();
  private readonly runs = new Map<string, Set<WatchedRun>>();
  private readonly listeners = new Set<(touched: Touched) => void>();
  private readonly stopHearing: (() => void) | undefined;
  private retry: NodeJS.Timeout | undefined;
  private isClosed = false;

  /** @internal */
  constructor(private readonly cache: GuardedCache | undefined) {
    // Other programs may use the bus, and what it throws here would end the process.
    this.stopHearing = cache?.onTouched(tags =>
      callSafely(() => this.tell({ tags: checkedTags(tags, BUS), from: 'elsewhere' }), BUS),
    );
  }

  /**
   * Ends the kept answers that have one of the tags. Inside of a unit of work it does not wait for the commit: call it after.
   * @returns resolves when no query of this process that is asked from now on gets an answer from before; never rejects for a
   *   cache that is out of order
   * @throws (rejects) CqrsException (CQRS_INVALID_TAGS)
   */
  async touch(tags: readonly string[]): Promise<void> {
    const all = [...new Set(checkedTags(tags, 'TouchedTags.touch()', "Give such a list, as in touch(['user:42'])."))];
    if (all.length === 0) return;
    const storing = this.endRuns(all);
    if (this.cache !== undefined) {
      const time = this.keep(all);
      // What is on its way to the cache must not come there after the touch.
      if (storing.length > 0) await Promise.all(storing);
      this.noteTold((await this.cache.touch(all)) !== FAILED, all, time);
    }
    this.tell({ tags: all, from: 'here' });
  }

  /**
   * The cache may have got a result of these tags after their touch: it is told of that again.
   * @internal
   */
  async touchAgain(tags: readonly string[]): Promise<void> {
    const time = this.keep(tags);
    this.noteTold((await this.cache!.touch(tags)) !== FAILED, tags, time);
  }

  /**
   * Calls the listener after each touch, when a query that is asked then gets no answer from before.
   * @returns stops calling it
   */
  onTouched(listener: (touched: Touched) => void): () => void {
    const added = (touched: Touched) => listener(touched);
    this.listeners.add(added);
    return () => this.listeners.delete(added);
  }

  /**
   * Whether a result is older than a touch that the cache may not know of.
   * @internal
   */
  isTouched(tags: () => readonly string[], begun: number): boolean {
    return !this.kept.isEmpty && this.kept.isTouched(tags(), begun);
  }

  /**
   * Tells the run of touches of its tags.
   * @returns stops that
   * @internal
   */
  watch(run: WatchedRun): () => void {
    for (const tag of run.tags) {
      const present = this.runs.get(tag);
      if (present === undefined) this.runs.set(tag, new Set([run]));
      else present.add(run);
    }
    return () => {
      for (const tag of run.tags) {
        const present = this.runs.get(tag);
        if (present?.delete(run) === true && present.size === 0) this.runs.delete(tag);
      }
    };
  }

  /**
   * Called when the application closes.
   * @internal
   */
  close(): void {
    this.isClosed = true;
    clearTimeout(this.retry);
    callSafely(() => this.stopHearing?.(), BUS);
    this.listeners.clear();
  }

  /** @returns what is on its way to the cache */
  private endRuns(tags: readonly string[]): Promise<unknown>[] {
    const storing: Promise<unknown>[] = [];
    for (const tag of tags)
      for (const run of this.runs.get(tag) ?? []) {
        run.touched();
        if (run.storing !== undefined) storing.push(run.storing);
      }
    return storing;
  }

  /** From now on, what is older is not answered, whatever the cache says. */
  private keep(tags: readonly string[]): number {
    const time = this.clock.next();
    this.kept.add(tags, time);
    return time;
  }

  private tell(touched: Touched): void {
    if (touched.from === 'elsewhere') this.endRuns(touched.tags);
    // A listener may remove itself and be added again.
    for (const listener of Array.from(this.listeners)) callSafely(() => listener(touched), 'listener of touched tags');
  }

  private noteTold(isTold: boolean, tags: readonly string[], time: number): void {
    if (isTold) return this.kept.remove(tags, time);
    this.kept.limit(this.clock.next());
    this.tryLater();
  }

  private tryLater(): void {
    if (this.retry !== undefined || this.isClosed) return;
    const again = () => {
      this.retry = undefined;
      callSafely(() => this.tellKept());
    };
    this.retry = runInNone(() => setTimeout(again, RETRY).unref());
  }

  /** What the cache could not be told while it was out of order. */
  private async tellKept(): Promise<void> {
    const { cache, kept } = this;
    const time = this.clock.next();
    const { tags, hasFloor } = kept;
    const isTold = (await (hasFloor ? cache!.clear() : cache!.touch(tags))) !== FAILED;
    if (!isTold) return this.tryLater();
    if (hasFloor) kept.removeFloor(time);
    kept.remove(tags, time);
  }
}
