/**
 * What `next()` gives the middleware of an event: a promise that knows whether it was used, that is awaited, returned
 * or given a callback. Where a middleware drops it, nothing else would learn that the handler failed.
 *
 * It is not made by `new Promise`, which costs several objects more; `instanceof Promise` holds.
 */
export class NextPromise implements Promise<unknown> {
  /** Whether its outcome reaches something. */
  isUsed = false;
  readonly [Symbol.toStringTag] = 'Promise';

  constructor(private readonly promise: Promise<unknown>) {}

  // eslint-disable-next-line unicorn/no-thenable -- it stands for a promise, and has to see that it is awaited
  then<A, B>(
    onFulfilled?: ((value: unknown) => A | PromiseLike<A>) | null,
    onRejected?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.take().then(onFulfilled, onRejected) as Promise<A | B>;
  }

  catch<B>(onRejected?: ((error: unknown) => B | PromiseLike<B>) | null): Promise<unknown> {
    return this.take().catch(onRejected);
  }

  finally(onFinally?: (() => void) | null): Promise<unknown> {
    return this.take().finally(onFinally);
  }

  /** The promise itself, for code that uses it. */
  take(): Promise<unknown> {
    this.isUsed = true;
    return this.promise;
  }

  /**
   * Sees how it ends, which is no use of it; and keeps a failure from becoming an unhandled rejection.
   * @param onFailure told of a failure
   * @returns resolves when it has settled
   */
  observe(onFailure: (error: unknown) => void): Promise<void> {
    return this.promise.then(nothing, onFailure);
  }
}
Object.setPrototypeOf(NextPromise.prototype, Promise.prototype);

/** Knows the promises that `next()` has given within one run of a handler. */
export class NextWatch {
  private given: NextPromise[] | undefined;
  private latest: NextPromise | undefined;
  /** Set when the outermost middleware has returned: what `next()` gives from now on is guarded at once. */
  private hasReturned = false;
  /** Told of what `next()` gives when the run has ended. */
  private late: ((next: NextPromise) => void) | undefined;

  /** What stands for a promise that `next()` gives; the same where a middleware further in has handed it on. */
  next(promise: Promise<unknown>): Promise<unknown> {
    if (promise instanceof NextPromise) return promise;
    const next = new NextPromise(promise);
    if (this.late !== undefined) {
      this.late(next);
      return next;
    }
    if (this.hasReturned) void next.observe(nothing);
    if (this.latest === undefined) this.latest = next;
    else (this.given ??= []).push(next);
    return next;
  }

  /**
   * The outermost middleware has returned.
   * @param result what it returned
   * @returns the promise to wait for: what it handed on, else the result itself
   */
  returned(result: unknown): unknown {
    this.hasReturned = true;
    const taken = result instanceof NextPromise ? result.take() : result;
    for (const next of this.all()) if (next !== result) void next.observe(nothing);
    return taken;
  }

  /**
   * The run has ended.
   * @param late told of what `next()` gives from now on
   * @returns the promises that no middleware has used
   */
  end(late: (next: NextPromise) => void): readonly NextPromise[] {
    this.late = late;
    const { latest, given } = this;
    if (given === undefined && (latest === undefined || latest.isUsed)) return NONE;
    return this.all().filter(next => !next.isUsed);
  }

  private all(): readonly NextPromise[] {
    if (this.latest === undefined) return NONE;
    return this.given === undefined ? [this.latest] : [this.latest, ...this.given];
  }
}

const NONE: readonly NextPromise[] = [];

const nothing = (): void => undefined;
