export interface Holder {
  readonly name: string;
  /** The number of layers outside. */
  readonly depth: number;
}

/**
 * The promise of `next()`. It knows whether the middleware awaited it, returned it or gave it a failure callback. If the
 * middleware drops it, this library must report its failure. It wraps the promise, because a subclass made by
 * `new Promise` costs several objects more.
 */
export class NextPromise implements Promise<unknown> {
  declare readonly [Symbol.toStringTag]: string;
  /** The outermost middleware that handed it on. */
  holder: Holder | undefined;
  private hasBeenTaken = false;
  /** Made by callbacks for the result alone, which leave failures to these. */
  private made: NextPromise[] | undefined;

  constructor(private readonly promise: Promise<unknown>) {}

  get isUsed(): boolean {
    return this.hasBeenTaken || (this.made !== undefined && this.made.some(next => next.isUsed));
  }

  // eslint-disable-next-line unicorn/no-thenable -- it has to see that it is awaited
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

  result(): Promise<unknown> {
    return this.promise.catch(nothing);
  }

  take(): Promise<unknown> {
    this.hasBeenTaken = true;
    return this.promise;
  }

  /** Counts as dropped until it is used itself. */
  private make(promise: Promise<unknown>): NextPromise {
    const next = new NextPromise(promise);
    void next.observe(nothing);
    (this.made ??= []).push(next);
    return next;
  }

  /** Not a use; prevents an unhandled rejection. */
  observe(onFailure: (error: unknown) => void): Promise<void> {
    return this.promise.then(nothing, onFailure);
  }
}
Object.setPrototypeOf(NextPromise.prototype, Promise.prototype);

/** Told of promises given after the handler's run. */
export interface LateListener {
  late(next: NextPromise, position: number): void;
}

/** The promises of one run. */
export class NextWatch {
  private latest: NextPromise | undefined;
  private others: NextPromise[] | undefined;
  private state: 'called' | 'returned' | 'ended' = 'called';

  /** @param position of the handler */
  constructor(
    private readonly listener: LateListener,
    private readonly position: number,
  ) {}

  /** Unchanged if an inner middleware has handed it on. */
  next(promise: Promise<unknown>, holder: Holder): Promise<unknown> {
    if (promise instanceof NextPromise) {
      promise.holder = holder;
      return promise;
    }
    const next = new NextPromise(promise);
    next.holder = holder;
    if (this.state === 'ended') this.listener.late(next, this.position);
    else this.watch(next);
    return next;
  }

  /** Failures of promises not handed on must not become unhandled rejections. */
  returned(result: unknown): unknown {
    this.state = 'returned';
    const { latest, others } = this;
    if (latest !== undefined && latest !== result) void latest.observe(nothing);
    if (others !== undefined) for (const next of others) void next.observe(nothing);
    return result instanceof NextPromise ? result.take() : result;
  }

  /** @returns unused promises */
  end(): readonly NextPromise[] {
    this.state = 'ended';
    const { latest, others } = this;
    if (latest === undefined || (others === undefined && latest.isUsed)) return NONE;
    return [latest, ...(others ?? NONE)].filter(next => !next.isUsed);
  }

  async outermostWithResult(): Promise<Holder | undefined> {
    const all = this.latest === undefined ? NONE : [this.latest, ...(this.others ?? NONE)];
    const results = await Promise.all(all.map(next => next.result()));
    const holders = all.flatMap(({ holder }, i) => (holder === undefined || results[i] === undefined ? [] : holder));
    return holders.reduce<Holder | undefined>(
      (outer, holder) => (outer && outer.depth <= holder.depth ? outer : holder),
      undefined,
    );
  }

  private watch(next: NextPromise): void {
    if (this.state === 'returned') void next.observe(nothing);
    if (this.latest === undefined) this.latest = next;
    else (this.others ??= []).push(next);
  }
}

const NONE: readonly NextPromise[] = [];

const nothing = (): void => undefined;
