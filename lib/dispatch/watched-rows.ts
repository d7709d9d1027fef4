import type { ProbeWatch } from './probe-watch.js';

/** Ends what probes have begun: with the last row, when reading fails, or when the reader leaves. */
export class WatchedRows implements AsyncIterableIterator<unknown> {
  constructor(
    private readonly rows: AsyncIterableIterator<unknown>,
    private readonly watch: ProbeWatch,
  ) {}

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<unknown>> {
    try {
      const row = await this.rows.next();
      if (row.done) this.watch.end();
      return row;
    } catch (error) {
      this.watch.end({ error });
      throw error;
    }
  }

  async return(): Promise<IteratorResult<unknown>> {
    try {
      return await this.rows.return!();
    } finally {
      this.watch.end();
    }
  }
}
