/** The middleware that was given a promise. */
export interface Holder {
  readonly name: string;
  /** How many layers are around it. */
  readonly depth: number;
}

/**
 * What `next()` gives a middleware that is watched: a promise that knows whether it was used, that is awaited, returned
 * or given a callback for its failure. Where a middleware drops it, nothing else would learn that the handler failed.
 *
 * It is not made by `new Promise`, which costs several objects more; `instanceof Promise` holds.
 */
export class NextPromise implements Promise<unknown> {
  declare readonly [Symbol.toStringTag]: string;
  /** The middleware that has it: the outermost of those that handed it on as it was. */
  holder: Holder | undefined;
  private hasBeenTaken = false;
  /** What callbacks for the result alone have made of it: its failures are theirs. */
  private made: NextPromise[] | undefined;

  constructor(private readonly promise: Promise<unknown>) {}

  /** Whether its outcome, that is its failure too, reaches something. */
  get isUsed(): boolean {
    return this.hasBeenTaken || (this.made !== undefined && this.made.some(next => next.isUsed));
  }

  // eslint-disable-next-line unicorn/no-thenable -- it stands for a promise, and has to see that it is awaited
  then<A, B>(
    onFulfilled?: ((value: unknown) => A | PromiseLike<A>) | null,
    onRejected?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    if (typeof onRejected !== 'function') return this.make(this.promise.then(onFulfilled)) as Promise<A | B>;
    return this.take().then(onFulfilled, onRejected);
  }

  catch<B>(onRejected?: ((error: unknown) => B | PromiseLike<B>) | null): Promise<unknown> {
    return this.then(undefined, onRejected);
  }

  finally(onFinally?: (() => void) | null): Promise<unknown> {
    return this.make(this.promise.finally(onFinally));
  }

  /** What it resolves to; undefined where it fails: a failure is not a result. */
  result(): Promise<unknown> {
    return this.promise.catch(nothing);
  }

  /** The promise itself, for code that uses it. */
  take(): Promise<unknown> {
    this.hasBeenTaken = true;
    return this.promise;
  }

  /** A promise that is as good as dropped until it is used itself. */
  private make(promise: Promise<unknown>): NextPromise {
    const next = new NextPromise(promise);
    void next.observe(nothing);
    (this.made ??= []).push(next);
    return next;
  }

  /**
   * Sees how it ends, which does not count as use, and keeps a failure from becoming an unhandled rejection.
   * @param onFailure told of a failure
   * @returns resolves when it has settled
   */
  observe(onFailure: (error: unknown) => void): Promise<void> {
    return this.promise.then(nothing, onFailure);
  }
}
Object.setPrototypeOf(NextPromise.prototype, Promise.prototype);

/** Told of a promise that `next()` gives when the run of the handler has ended. */
export interface LateListener {
  /**
   * @param next what a middleware was given
   * @param position of the handler
   */
  late(next: NextPromise, position: number): void;
}

/** Knows the promises that `next()` has given within one run of a handler. */
export class NextWatch {
  private latest: NextPromise | undefined;
  private others: NextPromise[] | undefined;
  private state: 'called' | 'returned' | 'ended' = 'called';

  /**
   * @param listener told of what `next()` gives when the run has ended
   * @param position of the handler
   */
  constructor(
    private readonly listener: LateListener,
    private readonly position: number,
  ) {}

  /**
   * What stands for a promise that `next()` gives; the same where a middleware further in has handed it on.
   * @param holder the middleware that is given it
   */
  next(promise: Promise<unknown>, holder: Holder): Promise<unknown> {
    if (promise instanceof NextPromise) {
      promise.holder = holder;
      return promise;
    }
    const next = new NextPromise(promise);
    next.holder = holder;
    if (this.state === 'ended') this.listener.late(next, this.position);
    else this.keep(next);
    return next;
  }

  /**
   * The outermost middleware has returned; failures of what it has not handed on are no unhandled rejections.
   * @param result what it returned
   * @returns the promise to wait for: what it handed on, else the result itself
   */
  returned(result: unknown): unknown {
    this.state = 'returned';
    const { latest, others } = this;
    if (latest !== undefined && latest !== result) void latest.observe(nothing);
    if (others !== undefined) for (const next of others) void next.observe(nothing);
    return result instanceof NextPromise ? result.take() : result;
  }

  /**
   * The run has ended.
   * @returns the promises that no middleware has used
   */
  end(): readonly NextPromise[] {
    this.state = 'ended';
    const { latest, others } = this;
    if (latest === undefined || (others === undefined && latest.isUsed)) return NONE;
    return [latest, ...(others ?? NONE)].filter(next => !next.isUsed);
  }

  /** The outermost middleware whose `next()` has given a result, once all of them have settled; undefined if none has. */
  async outermostWithResult(): Promise<Holder | undefined> {
    const all = this.latest === undefined ? NONE : [this.latest, ...(this.others ?? NONE)];
    const results = await Promise.all(all.map(next => next.result()));
    const holders = all.flatMap(({ holder }, i) => (holder === undefined || results[i] === undefined ? [] : holder));
    return holders.reduce<Holder | undefined>(
      (outer, holder) => (outer && outer.depth <= holder.depth ? outer : holder),
      undefined,
    );
  }

  private keep(next: NextPromise): void {
    if (this.state === 'returned') void next.observe(nothing);
    if (this.latest === undefined) this.latest = next;
    else (this.others ??= []).push(next);
  }
}

const NONE: readonly NextPromise[] = [];

const nothing = (): void => undefined;
