import type { Job as BullJob, Queue } from 'bullmq';
import type { DeadLetter, DeadLetterPage, DeadLetterStore } from '../../extension.js';
import type { Queues } from './queues.js';
import { decodeId, encodeId } from './encoding.js';
import { DISCARD, FORGET, PAGE } from './scripts.js';
import { attemptsOf, dataOf, lastFailureOf } from './stored-job.js';

/** The failed jobs of BullMQ. */
export class FailedJobs implements DeadLetterStore {
  constructor(private readonly queues: Queues) {}

  async list(queue: string, { limit, after }: DeadLetterPage): Promise<readonly DeadLetter[]> {
    const client = await this.queues.client();
    const failed = this.queues.of(queue);
    const last = after === undefined ? '' : encodeId(after);
    const ids = (await client.runCommand(PAGE, [...keysOf(failed, last), last, limit])) as string[];
    const letters = await Promise.all(ids.map(id => letterIn(failed, queue, id)));
    return letters.filter(letter => letter !== undefined);
  }

  async get(queue: string, id: string): Promise<DeadLetter | undefined> {
    const job = await this.failedJob(queue, id);
    return job && letterOf(queue, job);
  }

  async redrive(queue: string, id: string): Promise<boolean> {
    const job = await this.failedJob(queue, id);
    if (job === undefined) return false;
    const client = await this.queues.client();
    await client.runCommand(FORGET, [...keysOf(this.queues.of(queue), job.id!), job.id]);
    try {
      await job.retry('failed', { resetAttemptsMade: true, resetAttemptsStarted: true });
      return true;
    } catch (error) {
      if (isGone(error)) return false;
      throw error;
    }
  }

  async discard(queue: string, id: string): Promise<boolean> {
    const client = await this.queues.client();
    const jobId = encodeId(id);
    return (await client.runCommand(DISCARD, [...keysOf(this.queues.of(queue), jobId), jobId])) === 1;
  }

  private async failedJob(queue: string, id: string): Promise<BullJob | undefined> {
    await this.queues.client();
    const job = await this.queues.of(queue).getJob(encodeId(id)).catch(unreadable);
    if (job === 'unreadable') return undefined;
    return (await job?.isFailed()) === true ? job : undefined;
  }
}

/** The set of failed jobs, and one of them. */
const keysOf = (queue: Queue, jobId: string): [string, string] => [queue.toKey('failed'), queue.toKey(jobId)];

/** Codes of BullMQ: the job does not exist, or it has not failed. */
const isGone = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === -1 || error.code === -3);

/** Another program has written a job that is not one: it can be discarded, and hides no other. */
function unreadable(error: unknown): 'unreadable' {
  if (error instanceof SyntaxError || String(error).includes('WRONGTYPE')) return 'unreadable';
  throw error;
}

async function letterIn(failed: Queue, queue: string, jobId: string): Promise<DeadLetter | undefined> {
  const job: BullJob | 'unreadable' | undefined = await failed.getJob(jobId).catch(unreadable);
  if (job === 'unreadable')
    return { id: decodeId(jobId), queue, attempts: 0, reason: undefined, diedAt: new Date(0), data: undefined };
  return job?.finishedOn === undefined ? undefined : letterOf(queue, job);
}

const letterOf = (queue: string, job: BullJob): DeadLetter => ({
  id: decodeId(job.id!),
  queue,
  attempts: attemptsOf(job),
  reason: lastFailureOf(job),
  diedAt: new Date(job.finishedOn!),
  data: dataOf(job),
});
