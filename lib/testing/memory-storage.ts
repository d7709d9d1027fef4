import { AsyncResource } from 'node:async_hooks';
import type { FailureJSON, Job, Outcome, RetryPolicy, StoredJob } from '../extension.js';
import { MemoryAttempt } from './memory-attempt.js';
import { MemoryClock } from './memory-clock.js';
import { memoryJob, MemoryQueue, type MemoryJob } from './memory-queue.js';
import type { MemoryTransaction } from './memory-transaction.js';
import type { MemoryWorker } from './memory-worker.js';
import { atMost, soon, turn } from './real-time.js';

/** Times in milliseconds: `lease` of virtual time, `grace` of real time. */
export interface MemoryStorageOptions {
  readonly lease: number;
  readonly grace: number;
  readonly start: Date;
}

/** The engine: queues, and the workers of all processes. */
export class MemoryStorage {
  readonly clock: MemoryClock;
  private readonly queues = new Map<string, MemoryQueue>();
  private readonly workers = new Map<string, MemoryWorker[]>();
  private readonly resource = new AsyncResource('MemoryTransport', { requireManualDestroy: true });
  private isWoken = false;

  constructor(private readonly options: MemoryStorageOptions) {
    this.clock = new MemoryClock(options.start, () => this.quiet());
  }

  get now(): number {
    return this.clock.now.getTime();
  }

  queue(name: string): MemoryQueue {
    let queue = this.queues.get(name);
    if (queue === undefined) this.queues.set(name, (queue = new MemoryQueue()));
    return queue;
  }

  /** Throws, and stores nothing, if a job is not JSON. */
  store(jobs: readonly Job[], transaction?: MemoryTransaction): readonly StoredJob[] {
    const kept = jobs.map(job => memoryJob(job, this.now));
    return kept.map(job => {
      const isNew = !this.queue(job.queue).has(job.id) && transaction?.claim(job.queue, job.id) !== false;
      if (isNew && transaction === undefined) this.add(job);
      if (isNew) transaction?.join({ commit: () => this.add(job) });
      return { id: job.id, isDuplicate: !isNew };
    });
  }

  addWorker(worker: MemoryWorker): void {
    const { name, isKeyed } = worker.spec;
    if (isKeyed) this.queue(name).isKeyed = true;
    const workers = this.workers.get(name);
    if (workers === undefined) this.workers.set(name, [worker]);
    else workers.push(worker);
    this.wake();
  }

  /** Takes away what the worker runs; its attempts do not count. */
  closeWorker(worker: MemoryWorker): void {
    worker.takesJobs = false;
    for (const attempt of worker.running)
      attempt.unlessLocked(() => {
        attempt.abort(new Error('The worker is closed.'));
        attempt.job.attempt--;
        this.wait(attempt.job, this.now);
      });
  }

  /** Hands out what is due, in the next turn of the event loop: `store` resolves before it. */
  wake(): void {
    if (this.isWoken) return;
    this.isWoken = true;
    // As on an engine, handlers do not see what the caller of `store` has in an `AsyncLocalStorage`.
    this.resource.runInAsyncScope(() =>
      soon(() => {
        this.isWoken = false;
        for (const [name, workers] of this.workers) this.handOut(this.queue(name), workers);
      }),
    );
  }

  /** Resolves when nothing runs, and nothing is due for which a worker is free. */
  async settled(): Promise<void> {
    for (;;) {
      await turn();
      const running = this.running();
      if (running.length > 0) await Promise.race(running.map(({ ended }) => ended));
      else if (!this.isWoken) return;
    }
  }

  private async quiet(): Promise<void> {
    for (;;) {
      await turn();
      if (this.isWoken) continue;
      const awaited = this.running().filter(({ isAwaited }) => isAwaited);
      if (awaited.length === 0) return;
      const ended = awaited.map(attempt => attempt.ended.then(() => (attempt.isAwaited = false)));
      await atMost(this.options.grace, Promise.all(ended));
      for (const attempt of awaited) attempt.isAwaited = false;
    }
  }

  private running(): MemoryAttempt[] {
    return [...this.workers.values()].flatMap(workers => workers.flatMap(({ running }) => [...running]));
  }

  private add(job: MemoryJob): void {
    const queue = this.queue(job.queue);
    // A transaction that committed first may have stored it.
    if (queue.has(job.id)) return;
    queue.add(job);
    this.wakeAt(job.due);
  }

  private wait(job: MemoryJob, due: number): void {
    this.queue(job.queue).wait(job, due);
    this.wakeAt(due);
  }

  private wakeAt(time: number): void {
    if (time <= this.now) this.wake();
    else this.clock.at(time, () => this.wake());
  }

  private handOut(queue: MemoryQueue, workers: readonly MemoryWorker[]): void {
    for (;;) {
      const free = workers.filter(({ isFree }) => isFree).toSorted((a, b) => a.running.size - b.running.size);
      if (free.length === 0) return;
      const job = queue.take(this.now);
      if (job === undefined) return;
      this.start(job, free[0]!);
    }
  }

  private start(job: MemoryJob, worker: MemoryWorker): void {
    job.attempt++;
    const endLease = this.clock.at(this.now + this.options.lease, () => this.expire(attempt));
    const attempt = new MemoryAttempt(job, endLease, ({ holds }) => holds && this.complete(attempt));
    worker.running.add(attempt);
    attempt.ended = this.handle(attempt, worker);
  }

  private async handle(attempt: MemoryAttempt, worker: MemoryWorker): Promise<void> {
    const outcome = await worker.handle(attempt.delivery);
    worker.running.delete(attempt);
    attempt.unlessLocked(() => this.settle(attempt, outcome));
    this.wake();
  }

  private complete(attempt: MemoryAttempt): void {
    attempt.release();
    this.queue(attempt.job.queue).complete(attempt.job, this.now);
    this.wake();
  }

  private settle(attempt: MemoryAttempt, outcome: Outcome): void {
    if (outcome.isDone) return this.complete(attempt);
    attempt.release();
    const { job } = attempt;
    this.fail(job, outcome.error, { isDead: outcome.isDead, delay: delayOf(job.retry, job.attempt) });
  }

  private expire(attempt: MemoryAttempt): void {
    attempt.unlessLocked(() => {
      const reason = new Error(`The lease of ${this.options.lease} ms has ended.`);
      attempt.abort(reason);
      this.fail(attempt.job, { name: 'Error', message: reason.message }, { isDead: false, delay: 0 });
    });
  }

  private fail(job: MemoryJob, error: FailureJSON, how: { readonly isDead: boolean; readonly delay: number }): void {
    job.lastFailure = error;
    if (!how.isDead && job.attempt <= job.retry.limit) return this.wait(job, this.now + how.delay);
    this.queue(job.queue).die(job, this.now);
    this.wake();
  }
}

const delayOf = ({ delay, backoff, maxDelay }: RetryPolicy, attempt: number): number =>
  backoff ? Math.min(delay * 2 ** (attempt - 1), maxDelay) : delay;
