import type { DeadLetter, DeadLetterPage, FailureJSON, Job, QueueNumbers, RetryPolicy } from '../extension.js';

const MINUTE = 60_000;

/** A job as it is kept. */
export interface MemoryJob {
  readonly id: string;
  readonly queue: string;
  readonly retry: RetryPolicy;
  readonly key: string | undefined;
  /** JSON, so that no handler changes what is stored. */
  readonly data: string;
  readonly storedAt: number;
  /** Order in which jobs were stored. */
  place: number;
  due: number;
  /** Attempts that were begun. */
  attempt: number;
  state: 'waiting' | 'active' | 'done' | 'dead' | 'discarded';
  lastFailure: FailureJSON | undefined;
  /** When it was completed, or died. */
  endedAt: number;
  /** Order in which jobs died; kept when it is redriven, so that a page after it can be found. */
  grave: number;
  /** The attempt that the job is leased to. */
  holder: object | undefined;
}

/** A job as JSON keeps it. Throws if its data are not JSON, or its time is not valid. */
export function memoryJob({ id, queue, retry, key, data, delay = 0, at }: Job, now: number): MemoryJob {
  const due = Math.max(now + delay, at?.getTime() ?? 0);
  if (Number.isNaN(due)) throw new RangeError(`The job "${id}" has a delay or a time that is not valid.`);
  const fresh = { place: 0, attempt: 0, state: 'waiting', lastFailure: undefined, endedAt: 0, grave: 0 } as const;
  return {
    id,
    queue,
    retry: { ...retry },
    key,
    data: JSON.stringify(data),
    storedAt: now,
    due,
    holder: undefined,
    ...fresh,
  };
}

/** The jobs of one queue, and which of them is next. */
export class MemoryQueue {
  isKeyed = false;
  private readonly jobs = new Map<string, MemoryJob>();
  /** By time, then in the order in which they were stored. */
  private readonly waiting: MemoryJob[] = [];
  /** Jobs of each key that have not ended, in the order in which they were stored. */
  private readonly lines = new Map<string, MemoryJob[]>();
  private places = 0;
  private graves = 0;

  has(id: string): boolean {
    return this.jobs.has(id);
  }

  add(job: MemoryJob): void {
    this.jobs.set(job.id, job);
    this.queueUp(job);
  }

  /** Takes the next job that may run. */
  take(now: number): MemoryJob | undefined {
    const place = this.waiting.findIndex(job => job.due > now || this.isFirstOfKey(job, now));
    const job = this.waiting[place];
    if (job === undefined || job.due > now) return undefined;
    this.waiting.splice(place, 1);
    job.state = 'active';
    return job;
  }

  /** Lets a job wait, for its first attempt or its next. */
  wait(job: MemoryJob, due: number): void {
    job.state = 'waiting';
    job.due = due;
    const isBefore = (other: MemoryJob) => other.due < due || (other.due === due && other.place < job.place);
    this.waiting.splice(this.waiting.findLastIndex(isBefore) + 1, 0, job);
  }

  complete(job: MemoryJob, now: number): void {
    job.state = 'done';
    job.endedAt = now;
    this.leaveLine(job);
  }

  die(job: MemoryJob, now: number): void {
    job.state = 'dead';
    job.endedAt = now;
    job.grave = ++this.graves;
    this.leaveLine(job);
  }

  deadLetters({ limit, after }: DeadLetterPage): readonly DeadLetter[] {
    const grave = after === undefined ? 0 : (this.jobs.get(after)?.grave ?? 0);
    return this.inState('dead')
      .filter(job => job.grave > grave)
      .toSorted((one, other) => one.grave - other.grave)
      .slice(0, limit)
      .map(letterOf);
  }

  deadLetter(id: string): DeadLetter | undefined {
    const job = this.dead(id);
    return job && letterOf(job);
  }

  /** @returns false if there is none */
  redrive(id: string, now: number): boolean {
    const job = this.dead(id);
    if (job === undefined) return false;
    job.attempt = 0;
    job.lastFailure = undefined;
    job.due = now;
    this.queueUp(job);
    return true;
  }

  /** @returns false if there is none */
  discard(id: string): boolean {
    const job = this.dead(id);
    if (job !== undefined) job.state = 'discarded';
    return job !== undefined;
  }

  numbers(now: number): QueueNumbers {
    const ready = this.waiting.filter(({ due }) => due <= now);
    const oldest = Math.min(...ready.map(({ storedAt }) => storedAt));
    return {
      ready: ready.length,
      delayed: this.waiting.length - ready.length,
      active: this.inState('active').length,
      dead: this.inState('dead').length,
      oldest: ready.length === 0 ? undefined : new Date(oldest),
      handledLastMinute: this.inState('done').filter(({ endedAt }) => endedAt > now - MINUTE).length,
    };
  }

  private dead(id: string): MemoryJob | undefined {
    const job = this.jobs.get(id);
    return job?.state === 'dead' ? job : undefined;
  }

  private inState(state: MemoryJob['state']): MemoryJob[] {
    return [...this.jobs.values()].filter(job => job.state === state);
  }

  private queueUp(job: MemoryJob): void {
    job.place = ++this.places;
    if (job.key !== undefined) {
      const line = this.lines.get(job.key);
      if (line === undefined) this.lines.set(job.key, [job]);
      else line.push(job);
    }
    this.wait(job, job.due);
  }

  /** A job that is delayed holds up no other, until it is due or waits for another attempt. */
  private isFirstOfKey(job: MemoryJob, now: number): boolean {
    if (!this.isKeyed || job.key === undefined) return true;
    const holdsUp = ({ due, attempt }: MemoryJob) => due <= now || attempt > 0;
    return this.lines.get(job.key)!.find(holdsUp) === job;
  }

  private leaveLine(job: MemoryJob): void {
    if (job.key === undefined) return;
    const line = this.lines.get(job.key)!;
    line.splice(line.indexOf(job), 1);
    if (line.length === 0) this.lines.delete(job.key);
  }
}

const letterOf = ({ id, queue, attempt, lastFailure, endedAt, data }: MemoryJob): DeadLetter => ({
  id,
  queue,
  attempts: attempt,
  reason: lastFailure,
  diedAt: new Date(endedAt),
  data: JSON.parse(data) as unknown,
});
