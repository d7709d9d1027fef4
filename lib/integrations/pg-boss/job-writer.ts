import type { Job, StoredJob } from '../../extension.js';
import type { Sql } from './boss.js';
import type { Engine } from './engine.js';
import { jobId, type Names } from './names.js';
import type { Settings } from './options.js';
import { isRefused, packed, retryColumns, seconds, type RetryColumns, type StoredData } from './stored-job.js';

/** Jobs of several calls that share a statement, at most. */
const MOST_TOGETHER = 1000;

/** Characters of the JSON of their messages, at most: what is larger has a statement of its own. */
const LARGEST_TOGETHER = 1_000_000;

/**
 * Codes of PostgreSQL where it refuses what it was given; then nothing is stored. `54`: too deep, or too large for an
 * index; `P0`: refused by a trigger.
 */
const REFUSED = /^(0A|2[1-3]|42|44|54|P0)/;

/** A call of `store()`. */
interface Call {
  readonly jobs: readonly Job[];
  readonly rows: readonly Row[];
  /** Characters. */
  readonly size: number;
  resolve(stored: readonly StoredJob[]): void;
  reject(error: unknown): void;
}

/** Stores jobs. Calls of one turn of the event loop share a statement. */
export class JobWriter {
  /** Of this turn. */
  private readonly calls: Call[] = [];

  constructor(
    private readonly engine: Engine,
    private readonly names: Names,
    private readonly settings: Settings,
  ) {}

  /** All jobs, or none. */
  async store(jobs: readonly Job[]): Promise<readonly StoredJob[]> {
    const rows = jobs.map(job => this.row(job));
    const size = rows.reduce((sum, { data }) => sum + data.length, 0);
    return new Promise((resolve, reject) => {
      if (this.calls.push({ jobs, rows, size, resolve, reject }) === 1) setImmediate(() => this.flush());
    });
  }

  /** All jobs, or none. */
  async storeIn(sql: Sql, jobs: readonly Job[]): Promise<readonly StoredJob[]> {
    return this.storeRows(
      sql,
      jobs,
      jobs.map(job => this.row(job)),
    );
  }

  private async storeRows(sql: Sql, jobs: readonly Job[], rows: readonly Row[]): Promise<readonly StoredJob[]> {
    const stored = await (rows.length === 1 ? this.storeOne(sql, rows[0]!) : this.storeMany(sql, rows));
    const isNew = new Set(stored.map(({ name, id }) => `${name} ${id}`));
    // The first of two with one id is the one that was stored.
    return jobs.map(({ id }, n) => ({ id, isDuplicate: !isNew.delete(`${rows[n]!.name} ${rows[n]!.id}`) }));
  }

  private storeMany(sql: Sql, rows: readonly Row[]): Promise<Stored[]> {
    const { lease, keep } = this.settings;
    const retention = this.engine.major === 12 ? [seconds(keep)] : [];
    return this.engine.run('store', [`[${rows.map(written).join()}]`, seconds(lease), ...retention], sql);
  }

  /** perf: a call takes three quarters of the time of the statement for many, which is more to plan. */
  private storeOne(sql: Sql, { data, columns, ...row }: Row): Promise<Stored[]> {
    const { lease, keep } = this.settings;
    const { at, delay, key, retryLimit, retryDelay, retryBackoff, retryDelayMax } = columns;
    const values = [data, seconds(lease), seconds(keep), row.id, row.name, at ?? null, delay ?? 0, key ?? null];
    return this.engine.run('storeOne', [...values, retryLimit, retryDelay, String(retryBackoff), retryDelayMax], sql);
  }

  private flush(): void {
    let [from, count, size] = [0, 0, 0];
    const calls = this.calls.splice(0);
    for (const [i, call] of calls.entries()) {
      const isFull = count + call.jobs.length > MOST_TOGETHER || size + call.size > LARGEST_TOGETHER;
      if (isFull && i > from) {
        void this.storeCalls(calls.slice(from, i));
        [from, count, size] = [i, 0, 0];
      }
      count += call.jobs.length;
      size += call.size;
    }
    void this.storeCalls(calls.slice(from));
  }

  /** Never rejects. */
  private async storeCalls(calls: readonly Call[]): Promise<void> {
    try {
      const jobs = calls.flatMap(call => call.jobs);
      const rows = calls.flatMap(call => call.rows);
      const stored = await this.storeRows(this.engine, jobs, rows);
      let from = 0;
      for (const call of calls) call.resolve(stored.slice(from, (from += call.jobs.length)));
    } catch (error) {
      if (calls.length === 1 || !REFUSED.test(String((error as { code?: unknown } | null)?.code)))
        return calls.forEach(({ reject }) => reject(error));
      // One of them is the cause. The first half first: jobs of one key keep their order.
      const middle = calls.length >> 1;
      await this.storeCalls(calls.slice(0, middle));
      await this.storeCalls(calls.slice(middle));
    }
  }

  /** @throws where `JSON.stringify` does */
  private row({ id, queue, data, retry, delay = 0, at, key }: Job): Row {
    const engineId = jobId(queue, id);
    return {
      id: engineId,
      name: this.names.queue(queue),
      columns: { key, ...(at === undefined ? { delay } : { at: at.toISOString() }), ...retryColumns(retry) },
      data: writtenData(engineId === id ? { retry, data } : { id, retry, data }),
    };
  }
}

/** As the statements read it. */
interface Row {
  readonly id: string;
  readonly name: string;
  readonly columns: RetryColumns & {
    readonly key: string | undefined;
    readonly at?: string;
    readonly delay?: number;
  };
  /** JSON. */
  readonly data: string;
}

/** What the statements give. */
interface Stored {
  readonly name: string;
  readonly id: string;
}

/**
 * perf: `JSON.stringify` takes 3 µs more of a message. Ids and names hold no letter that JSON escapes.
 * @param n the order of the rows of one statement
 */
function written({ id, name, columns, data }: Row, n: number): string {
  const { key, at, delay, retryLimit, retryDelay, retryBackoff, retryDelayMax } = columns;
  const ordered = key === undefined ? '' : `"key":${JSON.stringify(key)},`;
  const time = at === undefined ? `"delay":${delay}` : `"at":"${at}"`;
  const retry = `"retryLimit":${retryLimit},"retryDelay":${retryDelay},"retryBackoff":${retryBackoff},"retryDelayMax":${retryDelayMax}`;
  return `{"n":${n},"id":"${id}","name":"${name}",${ordered}${time},${retry},"data":${data}}`;
}

function writtenData(data: StoredData): string {
  const json = JSON.stringify(data);
  return isRefused(json) ? JSON.stringify(packed(data)) : json;
}
