import { LateAbort } from '../context/late-abort.js';
import { onAbort } from '../context/on-abort.js';
import type { Bounds } from '../context/restriction.js';
import { harmless } from '../dispatch/failures.js';
import { DispatchTimeoutException } from '../errors/dispatch-timeout.exception.js';
import { started } from '../pipeline/settled.js';
import type { WatchedRun } from './touched-tags.js';

/** What a run has for the others that wait for it. */
export type Shared =
  | { readonly json: unknown }
  /** It cannot be written, or belongs to the caller that started it. */
  | undefined;

/** One run of a handler, for all that ask an equal query meanwhile. */
export class Flight implements WatchedRun {
  /** A tag was touched: what is asked from now on does not get its result. */
  isTouched = false;
  /** What the cache said before the run. */
  began: unknown;
  storing: Promise<unknown> | undefined;
  private shared!: Promise<Shared>;
  private waiting = 0;
  private readonly end = new LateAbort();

  /**
   * @param begun by the clock of the application
   * @param leave takes it away from those to come: they must not join it
   */
  constructor(
    readonly begun: number,
    readonly tags: readonly string[],
    readonly leave: () => void,
  ) {}

  /** The run ends when the last caller has left. */
  get bounds(): Bounds {
    const { end } = this;
    return {
      deadline: undefined,
      get signal() {
        return end.signal;
      },
    };
  }

  /**
   * @param run starts the handler
   * @param share told the result; never throws
   * @param failed told the failure if there is none; says whether that belongs to the caller alone
   * @returns the handler's own result, for the caller that has started it
   */
  start(
    run: () => Promise<unknown>,
    share: (result: unknown) => Shared,
    failed: (error: unknown) => boolean,
  ): Promise<unknown> {
    const result = started(run);
    this.shared = harmless(
      result.then(share, error => {
        if (failed(error)) return undefined;
        throw error;
      }),
    );
    return this.shared.then(() => result);
  }

  touched(): void {
    this.isTouched = true;
    this.leave();
  }

  join(signal: AbortSignal | undefined): Promise<Shared> {
    return this.awaited(this.shared, signal);
  }

  /** @returns settles as the promise does; rejects with the reason of the signal if that comes before */
  awaited<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    this.waiting += 1;
    if (signal === undefined) return promise;
    harmless(promise);
    return new Promise((resolve, reject) => {
      const left = () => {
        // The run may hang: those to come do not wait for it, too.
        if (isTimeUp(signal.reason)) this.leave();
        this.left(signal.reason);
        reject(signal.reason as Error);
      };
      if (signal.aborted) return left();
      const ignore = onAbort(signal, left);
      promise.then(resolve, reject).finally(ignore);
    });
  }

  private left(reason: unknown): void {
    this.waiting -= 1;
    if (this.waiting > 0) return;
    this.leave();
    this.end.abort(reason);
  }
}

/** Of a dispatch, or of `AbortSignal.timeout()`. */
const isTimeUp = (reason: unknown): boolean =>
  reason instanceof DispatchTimeoutException || (reason instanceof DOMException && reason.name === 'TimeoutError');
