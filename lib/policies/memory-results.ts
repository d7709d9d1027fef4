import { assertOptions, count, type RulesFor } from '../options/option-rules.js';
import { idOf, waitFor } from './key-waiting.js';
import type { IdempotentDispatch, ResultStore } from './stores.js';

/** Options of `MemoryResults`. */
export interface MemoryResultsOptions {
  /** How many results are kept; then the oldest leaves. Default: 10,000. */
  readonly entries?: number;
}

interface Kept {
  readonly result: unknown;
  readonly until: number;
}

const RULES: RulesFor<MemoryResultsOptions> = { entries: count(1) };

/** Old results leave when a result comes, at most this often, in milliseconds. */
const SWEEP = 60_000;

/** Results within this process, as they are: each caller gets the same object. The default of `@Idempotent`. */
export class MemoryResults implements ResultStore {
  /** What the store expects of the unit of work. */
  readonly place = 'around-transaction';

  private readonly entries: number;
  private readonly kept = new Map<string, Kept>();
  /** Told the result; undefined after a failure. */
  private readonly running = new Map<string, Promise<Pick<Kept, 'result'> | undefined>>();
  private nextSweep = 0;

  /** @throws CqrsException (CQRS_INVALID_OPTIONS) */
  constructor(options: MemoryResultsOptions = {}) {
    assertOptions(options, RULES, 'new MemoryResults()');
    this.entries = options.entries ?? 10_000;
  }

  /** Results that are kept now. */
  get size(): number {
    return this.kept.size;
  }

  /** See `ResultStore`. */
  async once(dispatch: IdempotentDispatch, work: () => Promise<unknown>): Promise<unknown> {
    const { signal } = dispatch;
    const id = idOf(dispatch);
    for (;;) {
      signal.throwIfAborted();
      const kept = this.kept.get(id);
      if (kept !== undefined && kept.until > performance.now()) return kept.result;
      const running = this.running.get(id);
      if (running === undefined) return this.first(id, dispatch.keep, work);
      const ended = await waitFor<Awaited<typeof running>>(signal, tell => void running.then(tell));
      if (ended !== undefined) return ended.result;
    }
  }

  private async first(id: string, keep: number, work: () => Promise<unknown>): Promise<unknown> {
    let tell!: (ended: Pick<Kept, 'result'> | undefined) => void;
    this.running.set(id, new Promise(resolve => (tell = resolve)));
    let ended: Pick<Kept, 'result'> | undefined;
    try {
      const result = await work();
      ended = { result };
      this.keep(id, { result, until: performance.now() + keep });
      return result;
    } finally {
      this.running.delete(id);
      tell(ended);
    }
  }

  private keep(id: string, kept: Kept): void {
    this.sweep();
    // Behind all others, also if the key was there.
    this.kept.delete(id);
    this.kept.set(id, kept);
    if (this.kept.size <= this.entries) return;
    const [oldest] = this.kept.keys();
    this.kept.delete(oldest!);
  }

  private sweep(): void {
    const now = performance.now();
    if (now < this.nextSweep) return;
    this.nextSweep = now + SWEEP;
    for (const [id, { until }] of this.kept) if (until <= now) this.kept.delete(id);
  }
}
