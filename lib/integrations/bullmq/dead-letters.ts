import type { Job as BullJob, Queue } from 'bullmq';
import type { DeadLetter, DeadLetterPage, DeadLetterStore } from '../../extension.js';
import type { Queues } from './queues.js';
import { decodeId, encodeId } from './encoding.js';
import { DISCARD, PAGE } from './scripts.js';
import { attemptsOf, dataOf, lastFailureOf } from './stored-job.js';

/** The failed jobs of BullMQ. */
export class FailedJobs implements DeadLetterStore {
  constructor(private readonly queues: Queues) {}

  async list(queue: string, { limit, after }: DeadLetterPage): Promise<readonly DeadLetter[]> {
    const client = await this.queues.client();
    const failed = this.queues.of(queue);
    const last = after === undefined ? '' : encodeId(after);
    const ids = (await client.runCommand(PAGE, [failed.toKey('failed'), last, limit])) as string[];
    const jobs = await Promise.all(ids.map(id => failed.getJob(id)));
    return jobs.flatMap(job => (job?.finishedOn === undefined ? [] : [letterOf(queue, job)]));
  }

  async get(queue: string, id: string): Promise<DeadLetter | undefined> {
    const job = await this.failedJob(queue, id);
    return job && letterOf(queue, job);
  }

  async redrive(queue: string, id: string): Promise<boolean> {
    const job = await this.failedJob(queue, id);
    if (job === undefined) return false;
    // BullMQ does not reset it.
    await (await this.queues.client()).hdel(this.queues.of(queue).toKey(job.id!), 'stc');
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
    const failed: Queue = this.queues.of(queue);
    const jobId = encodeId(id);
    return (await client.runCommand(DISCARD, [failed.toKey('failed'), failed.toKey(jobId), jobId])) === 1;
  }

  private async failedJob(queue: string, id: string): Promise<BullJob | undefined> {
    await this.queues.client();
    const job: BullJob | undefined = await this.queues.of(queue).getJob(encodeId(id));
    return (await job?.isFailed()) === true ? job : undefined;
  }
}

/** Codes of BullMQ: the job does not exist, or it has not failed. */
const isGone = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === -1 || error.code === -3);

const letterOf = (queue: string, job: BullJob): DeadLetter => ({
  id: decodeId(job.id!),
  queue,
  attempts: attemptsOf(job),
  reason: lastFailureOf(job),
  diedAt: new Date(job.finishedOn!),
  data: dataOf(job),
});
