import { runInNone } from '../context/context-storage.js';
import { CqrsLogger } from '../dispatch/cqrs-logger.js';
import { callSafely, textOf } from '../dispatch/failures.js';
import { genuine, isPromiseLike } from '../pipeline/settled.js';
import type { CachedResult, CachedResultAbout, QueryCache } from './query-cache.js';

const logger = new CqrsLogger('Cqrs');

/** How long an answer of the cache is awaited, in milliseconds. */
const PATIENCE = 500;

const TOO_LATE = `it has not answered within ${PATIENCE} milliseconds`;

/** After a failure the cache is asked again after so many milliseconds. */
const PAUSE = 1_000;

/** A call that failed, or took too long. */
export const FAILED = Symbol('failed');

/** A result on its way to the cache. */
export interface Setting {
  /** Never rejects, and does not take long. `FAILED`: it may come later. */
  readonly told: Promise<unknown>;
  /** Never rejects. May never settle. */
  readonly ended: Promise<unknown>;
}

/**
 * A cache that never fails and never hangs. While it is out of order it is asked once in a second, so that queries do not wait
 * for it; each outage is logged once, and its end.
 */
export class GuardedCache {
  /** Undefined while the cache works. */
  private nextTry: number | undefined;
  private isClosed = false;

  constructor(private readonly cache: QueryCache) {}

  get isDown(): boolean {
    return this.nextTry !== undefined;
  }

  /** @returns anything, `FAILED` too; or a promise of it. `resultIn` tells what is a result */
  get(key: string): unknown {
    return this.call(() => this.cache.get(key));
  }

  /** Whether it must be told before a run. */
  get asksBefore(): boolean {
    return this.cache.begin !== undefined;
  }

  begin(tags: readonly string[]): Promise<unknown> {
    return Promise.resolve(this.call(() => this.cache.begin!(tags)));
  }

  /** @returns when it is there, or the cache is out of order; and when it is certain that it comes no more */
  set(key: string, result: CachedResult, about: CachedResultAbout): Setting | undefined {
    let ended: Promise<unknown> | undefined;
    const told = this.call(() => {
      const set = this.cache.set(key, result, about);
      if (isPromiseLike(set)) ended = genuine(set).then(nothing, nothing);
      return ended === undefined ? set : genuine(set);
    });
    return ended && { told: told as Promise<unknown>, ended };
  }

  delete(key: string): unknown {
    return this.call(() => this.cache.delete(key));
  }

  /** Also while it is out of order, unless it was asked just now. */
  touch(tags: readonly string[]): unknown {
    return this.call(() => this.cache.touch(tags));
  }

  clear(): unknown {
    return this.call(() => this.cache.clear());
  }

  onTouched(listener: (tags: readonly string[]) => void): () => void {
    return this.cache.onTouched?.(listener) ?? (() => undefined);
  }

  /** Also while it is out of order: its connections would outlive the application. */
  async close(): Promise<void> {
    this.isClosed = true;
    let why = TOO_LATE;
    const closing = Promise.resolve().then(() => this.cache.close?.());
    closing.catch((error: unknown) => (why = textOf(error)));
    if ((await this.attempt(() => closing)) === FAILED)
      callSafely(() =>
        logger.warn(`The cache ${this.cache.name} has not closed: ${why}. Its connections may keep this process.`),
      );
  }

  /** @returns the result, or `FAILED`; a promise of it, if the cache gives one. Never throws or rejects */
  private call(ask: () => unknown): unknown {
    if (this.nextTry !== undefined) {
      if (performance.now() < this.nextTry) return FAILED;
      // Others do not try meanwhile.
      this.nextTry = performance.now() + PAUSE;
    }
    return this.attempt(ask);
  }

  private attempt(ask: () => unknown): unknown {
    try {
      const result = ask();
      if (isPromiseLike(result)) return this.awaited(genuine(result));
      return this.succeeded(result);
    } catch (error) {
      return this.failed(error);
    }
  }

  private awaited(result: Promise<unknown>): Promise<unknown> {
    return new Promise(resolve => {
      const tooLate = () => resolve(this.failed(new Error(TOO_LATE)));
      // Not in the asynchronous context of the query, which it would keep.
      const timer = runInNone(() => setTimeout(tooLate, PATIENCE));
      const ended = (outcome: unknown): void => {
        clearTimeout(timer);
        resolve(outcome);
      };
      result.then(
        value => ended(this.succeeded(value)),
        error => ended(this.failed(error)),
      );
    });
  }

  private succeeded<T>(result: T): T {
    if (this.nextTry !== undefined && !this.isClosed) {
      this.nextTry = undefined;
      callSafely(() => logger.log(`The cache ${this.cache.name} works again.`));
    }
    return result;
  }

  private failed(error: unknown): typeof FAILED {
    const isNew = this.nextTry === undefined;
    this.nextTry = performance.now() + PAUSE;
    if (isNew && !this.isClosed)
      callSafely(() =>
        logger.warn(`The cache ${this.cache.name} is out of order: ${textOf(error)}. Queries run without it.`),
      );
    return FAILED;
  }
}

const nothing = (): void => undefined;
