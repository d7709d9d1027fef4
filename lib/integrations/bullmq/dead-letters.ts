import { Job as BullJob } from 'bullmq';
import type { DeadLetter, DeadLetterPage, DeadLetterStore } from '../../extension.js';
import type { Queues } from './queues.js';
import { decodeId, possibleIds } from './encoding.js';
import { DISCARD, FORGET, LETTER, PAGE, type RawLetter } from './scripts.js';
import { attemptsOf, dataOf, jsonOr, lastFailureOf } from './stored-job.js';

/** The failed jobs of BullMQ. */
export class FailedJobs implements DeadLetterStore {
  constructor(private readonly queues: Queues) {}

  async list(queue: string, { limit, after }: DeadLetterPage): Promise<readonly DeadLetter[]> {
    const last = after === undefined ? [] : possibleIds(after);
    const letters = (await this.run(PAGE, queue, [limit, ...last])) as RawLetter[];
    return letters.map(letter => letterOf(queue, letter));
  }

  async get(queue: string, id: string): Promise<DeadLetter | undefined> {
    const letter = (await this.run(LETTER, queue, possibleIds(id))) as RawLetter | null;
    return letter === null ? undefined : letterOf(queue, letter);
  }

  async redrive(queue: string, id: string): Promise<boolean> {
    const jobId = (await this.run(FORGET, queue, possibleIds(id))) as string | null;
    if (jobId === null) return false;
    const job = new BullJob(this.queues.of(queue), '', undefined, {}, jobId);
    try {
      await job.retry('failed', { resetAttemptsMade: true, resetAttemptsStarted: true });
      return true;
    } catch (error) {
      if (isGone(error)) return false;
      throw error;
    }
  }

  async discard(queue: string, id: string): Promise<boolean> {
    return (await this.run(DISCARD, queue, possibleIds(id))) === 1;
  }

  private async run(script: string, queue: string, args: readonly (string | number)[]): Promise<unknown> {
    const client = await this.queues.client();
    const failed = this.queues.of(queue);
    return client.runCommand(script, [failed.toKey('failed'), failed.toKey(''), ...args]);
  }
}

/** Codes of BullMQ: the job does not exist, or it has not failed. */
const isGone = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === -1 || error.code === -3);

/** Another program may have written anything: it can be looked at and discarded, and hides no other. */
function letterOf(queue: string, [jobId, diedAt, list]: RawLetter): DeadLetter {
  const { data = '', stacktrace = '', failedReason, atm, stc } = recordOf(list);
  const counts = { attemptsMade: countOf(atm), stalledCounter: countOf(stc) };
  return {
    id: decodeId(jobId),
    queue,
    attempts: attemptsOf(counts),
    reason: lastFailureOf({ ...counts, failedReason, stacktrace: jsonOr(stacktrace, undefined) }),
    diedAt: new Date(Number(diedAt)),
    data: dataOf({ data: jsonOr(data, data) }),
  };
}

function recordOf(list: readonly string[]): Partial<Record<string, string>> {
  const record: Partial<Record<string, string>> = {};
  for (let i = 0; i < list.length; i += 2) record[list[i]!] = list[i + 1]!;
  return record;
}

const countOf = (text = '0'): number => Number.parseInt(text, 10) || 0;
