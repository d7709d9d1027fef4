import type { Job, StoredJob } from '../../extension.js';
import type { Sql } from './boss.js';
import type { Engine } from './engine.js';
import { jobId, type Names } from './names.js';
import type { Settings } from './options.js';
import { isRefused, packed, retryColumns, seconds, type RetryColumns, type StoredData } from './stored-job.js';

/** Jobs of several calls that share a statement, at most. */
const MOST_TOGETHER = 1000;

/** Codes of PostgreSQL where it refuses what it was given; then nothing is stored. */
const REFUSED = /^(22|23|42)/;

/** A call of `store()`. */
interface Call {
  readonly jobs: readonly Job[];
  resolve(stored: readonly StoredJob[]): void;
  reject(error: unknown): void;
}

/** Stores jobs. Calls of one turn of the event loop share a statement. */
export class JobWriter {
  private readonly calls: Call[] = [];

  constructor(
    private readonly engine: Engine,
    private readonly names: Names,
    private readonly settings: Settings,
  ) {}

  /** All jobs, or none. */
  store(jobs: readonly Job[]): Promise<readonly StoredJob[]> {
    return new Promise((resolve, reject) => {
      if (this.calls.push({ jobs, resolve, reject }) === 1) this.flushLater();
    });
  }

  /** All jobs, or none. */
  async storeIn(sql: Sql, jobs: readonly Job[]): Promise<readonly StoredJob[]> {
    const rows = jobs.map((job, n) => this.row(job, n));
    const stored = await (rows.length === 1 ? this.storeOne(sql, rows[0]!) : this.storeMany(sql, rows));
    const isNew = new Set(stored.map(({ name, id }) => `${name} ${id}`));
    // The first of two with one id is the one that was stored.
    return jobs.map(({ id }, n) => ({ id, isDuplicate: !isNew.delete(`${rows[n]!.name} ${rows[n]!.id}`) }));
  }

  private storeMany(sql: Sql, rows: readonly Row[]): Promise<Stored[]> {
    const { lease, keep } = this.settings;
    const retention = this.engine.major === 12 ? [seconds(keep)] : [];
    return this.engine.run('store', [written(rows), seconds(lease), ...retention], sql);
  }

  /** perf: a call takes three quarters of the time of the statement for many, which is more to plan. */
  private storeOne(sql: Sql, row: Row): Promise<Stored[]> {
    const { lease, keep } = this.settings;
    const { id, name, at, delay, key, data, retryLimit, retryDelay, retryBackoff, retryDelayMax } = row;
    const values = [writtenOne(data), seconds(lease), seconds(keep), id, name, at ?? null, delay ?? 0, key ?? null];
    return this.engine.run('storeOne', [...values, retryLimit, retryDelay, String(retryBackoff), retryDelayMax], sql);
  }

  private flushLater(): void {
    setImmediate(() => void this.flush());
  }

  private async flush(): Promise<void> {
    let count = 0;
    const last = this.calls.findIndex(({ jobs }) => (count += jobs.length) >= MOST_TOGETHER);
    const calls = this.calls.splice(0, last === -1 ? this.calls.length : last + 1);
    if (this.calls.length > 0) this.flushLater();
    try {
      await this.storeCalls(calls);
    } catch (error) {
      if (calls.length > 1 && REFUSED.test(String((error as { code?: unknown }).code)))
        // One of them is the cause.
        for (const call of calls) this.storeCalls([call]).catch(call.reject);
      else for (const { reject } of calls) reject(error);
    }
  }

  private async storeCalls(calls: readonly Call[]): Promise<void> {
    const stored = await this.storeIn(
      this.engine,
      calls.flatMap(({ jobs }) => jobs),
    );
    let from = 0;
    for (const { jobs, resolve } of calls) resolve(stored.slice(from, (from += jobs.length)));
  }

  private row({ id, queue, data, retry, delay = 0, at, key }: Job, n: number): Row {
    const engineId = jobId(queue, id);
    return {
      n,
      id: engineId,
      name: this.names.queue(queue),
      key,
      ...(at === undefined ? { delay } : { at: at.toISOString() }),
      ...retryColumns(retry),
      data: engineId === id ? { retry, data } : { id, retry, data },
    };
  }
}

/** As the statements read it. */
interface Row extends RetryColumns {
  readonly n: number;
  readonly id: string;
  readonly name: string;
  readonly key: string | undefined;
  readonly at?: string;
  readonly delay?: number;
  readonly data: StoredData;
}

/** What the statements give. */
interface Stored {
  readonly name: string;
  readonly id: string;
}

/** perf: one text for all rows, 4 µs of a message. Rows that `jsonb` would refuse are packed one by one. */
function written(rows: readonly Row[]): string {
  const json = JSON.stringify(rows);
  return isRefused(json) ? JSON.stringify(rows.map(row => ({ ...row, data: packed(row.data) }))) : json;
}

function writtenOne(data: StoredData): string {
  const json = JSON.stringify(data);
  return isRefused(json) ? JSON.stringify(packed(data)) : json;
}
