import type { Queue } from 'bullmq';
import type { Job, RetryPolicy, StoredJob } from '../../extension.js';
import { encodeId } from './encoding.js';
import type { Queues } from './queues.js';
import { addingTo, STORE, type Adding, type JobSet } from './store-script.js';
import { delayOf, retryOptions, type StoredData } from './stored-job.js';

/**
 * Jobs of several calls that share a script, unless one call has more.
 * perf: Redis stores some while the next are written here.
 */
const MOST_TOGETHER = 8;

/** Jobs of one script. Redis refuses other calls while a script runs longer than 5 seconds. */
const MOST_AT_ONCE = 1000;

/** A job as it is written. */
interface Entry {
  readonly id: string;
  /** In Redis. */
  readonly jobId: string;
  readonly data: string;
  readonly queue: Queue;
  readonly retry: RetryPolicy;
  readonly delay: number;
  readonly timestamp: number;
}

/** A call of `store()`. */
interface Call {
  readonly entries: readonly Entry[];
  resolve(stored: readonly StoredJob[]): void;
  reject(error: unknown): void;
}

/**
 * Stores jobs with a script that looks for each before it adds it. `Queue.addBulk()` is a pipeline: it may store some of
 * the jobs, and does not tell duplicates.
 */
export class JobWriter {
  private readonly calls: Call[] = [];
  private readonly addings = new WeakMap<Queue, Partial<Record<'now' | 'later', Adding>>>();

  constructor(private readonly queues: Queues) {}

  /** All jobs, or none. Calls of one turn of the event loop share a script. */
  async store(jobs: readonly Job[]): Promise<readonly StoredJob[]> {
    if (jobs.length === 0) return [];
    const now = Date.now();
    // Here, where it may throw for one call alone.
    const entries = jobs.map(job => this.entryOf(job, now));
    return new Promise((resolve, reject) => {
      if (this.calls.push({ entries, resolve, reject }) === 1) process.nextTick(() => this.flush());
    });
  }

  private flush(): void {
    while (this.calls.length > 0) {
      let count = 0;
      const last = this.calls.findIndex(({ entries }) => (count += entries.length) >= MOST_TOGETHER);
      void this.storeCalls(this.calls.splice(0, last === -1 ? this.calls.length : last + 1));
    }
  }

  private async storeCalls(calls: readonly Call[]): Promise<void> {
    try {
      const answers = await this.write(calls.flatMap(({ entries }) => entries));
      let first = 0;
      for (const { entries, resolve } of calls) {
        const start = first;
        resolve(entries.map(({ id }, i) => ({ id, isDuplicate: answers[start + i] === '1' })));
        first += entries.length;
      }
    } catch (error) {
      for (const { reject } of calls) reject(error);
    }
  }

  /** @returns 1 for each job that was there, 0 for each that was not */
  private async write(entries: readonly Entry[]): Promise<string> {
    const client = await this.queues.client();
    if (entries.length <= MOST_AT_ONCE) return (await client.runCommand(STORE, this.argumentsOf(entries))) as string;
    // Within a transaction, ioredis cannot bring a script that Redis has forgotten.
    await client.runCommand(STORE, [0, 0]);
    const multi = client.multi();
    for (let i = 0; i < entries.length; i += MOST_AT_ONCE)
      multi.runCommand(STORE, this.argumentsOf(entries.slice(i, i + MOST_AT_ONCE)));
    // Null only after `WATCH`.
    const replies = (await multi.exec())!;
    const failed = replies.find(([error]) => error !== null);
    if (failed !== undefined) throw failed[0]!;
    return replies.map(([, answers]) => answers as string).join('');
  }

  /** Of the script. */
  private argumentsOf(entries: readonly Entry[]): unknown[] {
    const keys: string[] = [];
    const places = new Map<Adding, number>();
    const sets: JobSet[] = [];
    const jobs: string[] = [];
    for (let next = 0; next < entries.length;) {
      const first = entries[next]!;
      const adding = this.addingFor(first);
      if (!places.has(adding)) places.set(adding, keys.push(...adding.keys) - adding.keys.length);
      const start = next;
      for (; next < entries.length && isAlike(entries[next]!, first); next++)
        jobs.push(entries[next]!.jobId, entries[next]!.data);
      sets.push(setOf(first, adding, { before: places.get(adding)!, count: next - start }));
    }
    return [keys.length, ...keys, sets.length, ...sets.flat(), ...jobs];
  }

  private addingFor({ queue, delay }: Entry): Adding {
    let addings = this.addings.get(queue);
    if (addings === undefined) this.addings.set(queue, (addings = {}));
    return (addings[delay > 0 ? 'later' : 'now'] ??= addingTo(queue, delay > 0));
  }

  private entryOf(job: Job, timestamp: number): Entry {
    const { id, retry } = job;
    const stored: StoredData = { data: job.data, retry };
    return {
      id,
      jobId: encodeId(id),
      data: JSON.stringify(stored),
      queue: this.queues.of(job.queue),
      retry,
      delay: delayOf(job, timestamp),
      timestamp,
    };
  }
}

const isAlike = (one: Entry, other: Entry): boolean =>
  one.queue === other.queue &&
  isSame(one.retry, other.retry) &&
  one.delay === other.delay &&
  one.timestamp === other.timestamp;

/** A call with options for its retries makes a policy for each of its messages. */
const isSame = (one: RetryPolicy, other: RetryPolicy): boolean =>
  one === other || (one.limit === other.limit && one.delay === other.delay && one.backoff === other.backoff);

const setOf = (
  { queue, retry, delay, timestamp }: Entry,
  { script, keys }: Adding,
  { before, count }: { readonly before: number; readonly count: number },
): JobSet => {
  const { attempts, stackTraceLimit, backoff = { type: '', delay: 0 } } = retryOptions(retry);
  const options = [delay, attempts, stackTraceLimit, backoff.type, backoff.delay] as const;
  return [script, before, keys.length, queue.toKey(''), queue.name, timestamp, ...options, count];
};
