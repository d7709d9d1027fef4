import type { RunCounter } from './run-counter.js';

const REMEMBERED = 1024;

/** Copies the ring after so many rounds. */
const ROUNDS = 8;

export interface RecentPromise {
  readonly promise: Promise<unknown>;
  readonly runs: RunCounter;
}

/**
 * The latest 1,024 promises of callers. Watching them would cost a promise per dispatch, and hide unhandled failures.
 */
export class RecentPromises {
  /** Promise, counter, promise, … */
  private ring: (Promise<unknown> | RunCounter | undefined)[] = emptyRing();
  private position = 0;
  private round = 0;
  /** Before the latest `fade()`. */
  private faded: { readonly promise: WeakRef<Promise<unknown>>; readonly runs: RunCounter }[] = [];

  remember(promise: Promise<unknown>, runs: RunCounter): void {
    const { ring, position } = this;
    ring[position] = promise;
    ring[position + 1] = runs;
    this.position = position + 2;
    if (this.position === ring.length) this.startOver();
  }

  /** Lets results be collected. */
  fade(): void {
    const held = this.takeRing().map(({ promise, runs }) => ({ promise: new WeakRef(promise), runs }));
    const left = this.faded.filter(({ promise }) => promise.deref() !== undefined);
    this.faded = [...left, ...held].slice(-REMEMBERED);
  }

  take(): RecentPromise[] {
    const faded = this.faded.flatMap(({ promise, runs }) => {
      const present = promise.deref();
      return present === undefined ? [] : [{ promise: present, runs }];
    });
    this.faded = [];
    return [...faded, ...this.takeRing()];
  }

  private startOver(): void {
    this.position = 0;
    this.round = (this.round + 1) % ROUNDS;
    // perf: storing new promises in an old-generation array costs write barriers, 7 % of `execute`.
    if (this.round === 0) this.ring = [...this.ring];
  }

  private takeRing(): RecentPromise[] {
    const { ring } = this;
    this.ring = emptyRing();
    this.position = 0;
    const taken: RecentPromise[] = [];
    for (let i = 0; i < ring.length; i += 2)
      if (ring[i] !== undefined) taken.push({ promise: ring[i] as Promise<unknown>, runs: ring[i + 1] as RunCounter });
    return taken;
  }
}

const emptyRing = (): undefined[] => Array.from({ length: 2 * REMEMBERED }, () => undefined);
