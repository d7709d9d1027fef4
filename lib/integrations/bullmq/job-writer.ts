import { Job as BullJob } from 'bullmq';
import type { Job, StoredJob } from '../../extension.js';
import { encodeId, encodeName } from './encoding.js';
import type { Queues } from './queues.js';
import { EXISTING } from './scripts.js';
import { jobOptions, type StoredData } from './stored-job.js';

/**
 * Jobs of several calls that share a transaction, unless one call has more.
 * perf: Redis stores some while the next are written here; one transaction for 16 calls takes them 1.7 times as long.
 */
const MOST_TOGETHER = 8;

/** A job as it is written. */
interface Entry {
  readonly id: string;
  readonly queue: string;
  /** In Redis. */
  readonly key: string;
  readonly written: ReturnType<BullJob['toFlowEntry']>;
}

/** A call of `store()`. */
interface Call {
  readonly entries: readonly Entry[];
  resolve(stored: readonly StoredJob[]): void;
  reject(error: unknown): void;
}

/**
 * Stores jobs in transactions of Redis, which look for each job before they add it. `Queue.addBulk()` is a pipeline: it
 * may store some of the jobs, and does not tell duplicates.
 */
export class JobWriter {
  private readonly calls: Call[] = [];

  constructor(private readonly queues: Queues) {}

  /** All jobs, or none. Calls of one turn of the event loop share a transaction: three times as fast. */
  async store(jobs: readonly Job[]): Promise<readonly StoredJob[]> {
    if (jobs.length === 0) return [];
    // Here, where it may throw for one call alone.
    const entries = jobs.map(job => this.entryOf(job));
    return new Promise((resolve, reject) => {
      if (this.calls.push({ entries, resolve, reject }) === 1) this.flushLater();
    });
  }

  private flushLater(): void {
    setImmediate(() => void this.flush());
  }

  private async flush(): Promise<void> {
    let count = 0;
    const last = this.calls.findIndex(({ entries }) => (count += entries.length) >= MOST_TOGETHER);
    const calls = this.calls.splice(0, last === -1 ? this.calls.length : last + 1);
    if (this.calls.length > 0) this.flushLater();
    try {
      const seen = await this.write(calls.flatMap(({ entries }) => entries));
      for (const { entries, resolve } of calls) resolve(entries.map(entry => answerFor(entry, seen)));
    } catch (error) {
      for (const { reject } of calls) reject(error);
    }
  }

  /** @returns the keys of those that were there */
  private async write(entries: readonly Entry[]): Promise<Set<string>> {
    const client = await this.queues.client();
    const multi = client.multi();
    const keys = entries.map(({ key }) => key);
    multi.runCommand(EXISTING, [keys[0], ...keys]);
    await Promise.all(
      entries.map(({ queue, written: { jobData, jobId } }) =>
        this.queues.of(queue).getBackend().addJobToTransaction(multi, jobData, jobId),
      ),
    );
    const replies = (await multi.exec()) ?? [];
    const failed = replies.find(([error]) => error !== null);
    if (failed !== undefined) throw failed[0]!;
    const existing = replies[0]![1] as readonly number[];
    return new Set(keys.filter((_, i) => existing[i] === 1));
  }

  private entryOf(job: Job): Entry {
    const queue = this.queues.of(job.queue);
    const jobId = encodeId(job.id);
    const data: StoredData = { data: job.data, retry: job.retry };
    const options = { ...jobOptions(job, Date.now()), jobId };
    const written = new BullJob(queue, encodeName(job.queue), data, options, jobId).toFlowEntry();
    return { id: job.id, queue: job.queue, key: queue.toKey(jobId), written };
  }
}

/** @param seen keys of jobs that are there; that of the entry is added */
function answerFor({ id, key }: Entry, seen: Set<string>): StoredJob {
  const isDuplicate = seen.has(key);
  seen.add(key);
  return { id, isDuplicate };
}
