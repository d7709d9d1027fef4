import { MAX_CREDIT, type RowsWanted } from './frame.js';

/** Rows of one frame. */
const MAX_ROWS = 32;

/** How often a silent reader is waited for. */
const PATIENCE = 4;

export interface RowTarget {
  /** @param from how many were sent before */
  send(rows: readonly unknown[], from: number): void;
  alive(from: number): void;
}

/**
 * Sends rows as long as the reader has asked for some. Rows that come together are sent together.
 * @returns resolves when the source has ended or the signal is aborted; rejects as the source does
 */
export class RowSender {
  private allowed: number;
  private taken = 0;
  private asked: (() => void) | undefined;
  private pending: unknown[] = [];
  private flushing: NodeJS.Immediate | undefined;
  private heard = performance.now();
  private pulse: NodeJS.Timeout | undefined;

  /** @param gone called when the reader says nothing any more */
  constructor(
    private readonly wanted: RowsWanted,
    private readonly target: RowTarget,
    private readonly gone: () => void,
  ) {
    this.allowed = wanted.credit;
  }

  async send(rows: AsyncIterable<unknown>, write: (row: unknown) => unknown, signal: AbortSignal): Promise<void> {
    this.pulse = setInterval(this.beat, this.wanted.alive);
    const stop = () => this.asked?.();
    signal.addEventListener('abort', stop, { once: true });
    const iterator = rows[Symbol.asyncIterator]();
    const leave = () => void iterator.return?.()?.catch(() => undefined);
    try {
      for (;;) {
        if (this.taken === this.allowed) await this.creditOr(signal);
        if (signal.aborted) return leave();
        const row = await iterator.next();
        if (row.done === true) return;
        this.push(write(row.value));
      }
    } catch (error) {
      // A row that cannot be written does not end its source.
      leave();
      throw error;
    } finally {
      clearInterval(this.pulse);
      signal.removeEventListener('abort', stop);
      this.flush();
    }
  }

  get sent(): number {
    return this.taken - this.pending.length;
  }

  /** @param rows how many the reader has asked for since the beginning: words of it may be lost */
  more(rows: number): void {
    this.heard = performance.now();
    const allowed = Math.min(rows, this.taken + MAX_CREDIT);
    if (allowed <= this.allowed) return;
    this.allowed = allowed;
    this.asked?.();
  }

  private creditOr(signal: AbortSignal): Promise<void> | undefined {
    this.flush();
    return signal.aborted ? undefined : new Promise(resolve => (this.asked = resolve));
  }

  private push(row: unknown): void {
    this.taken += 1;
    this.pending.push(row);
    if (this.pending.length >= MAX_ROWS) this.flush();
    else this.flushing ??= setImmediate(() => this.flush());
  }

  private flush(): void {
    clearImmediate(this.flushing);
    this.flushing = undefined;
    const { sent } = this;
    if (this.pending.length > 0) this.target.send(this.pending.splice(0), sent);
  }

  private readonly beat = (): void => {
    if (performance.now() - this.heard > PATIENCE * this.wanted.alive) this.gone();
    else this.target.alive(this.sent);
  };
}
