import type { Delivery } from '../extension.js';
import type { MemoryJob } from './memory-queue.js';
import { transactionOf, type MemoryTransaction } from './memory-transaction.js';

/** One delivery that runs. */
export class MemoryAttempt {
  readonly delivery: Delivery;
  /** Resolves when the handler has ended, and its outcome is known to the queue. */
  ended: Promise<void> = Promise.resolve();
  /** `advance` gives up on handlers that do not end. */
  isAwaited = true;
  private readonly controller = new AbortController();
  private readonly later: (() => void)[] = [];
  private isLocked = false;

  constructor(
    readonly job: MemoryJob,
    private readonly endLease: () => void,
    complete: (attempt: MemoryAttempt) => void,
  ) {
    job.holder = this;
    this.delivery = {
      id: job.id,
      queue: job.queue,
      attempt: job.attempt,
      attempts: job.retry.limit + 1,
      data: JSON.parse(job.data) as unknown,
      lastFailure: job.lastFailure,
      signal: this.controller.signal,
      settleIn: async transaction => this.settleIn(transactionOf(transaction), complete),
    };
  }

  /** The job is leased to this attempt, and to no other. */
  get holds(): boolean {
    return this.job.holder === this;
  }

  /** Gives the lease back. */
  release(): void {
    this.endLease();
    this.job.holder = undefined;
  }

  /** Takes the job away from the handler. */
  abort(reason: Error): void {
    this.release();
    this.controller.abort(reason);
  }

  /** Runs it now; while a transaction has completed the job, after its rollback. As a lock on the row of a job. */
  unlessLocked(run: () => void): void {
    if (this.isLocked) this.later.push(run);
    else if (this.holds) run();
  }

  private settleIn(transaction: MemoryTransaction, complete: (attempt: MemoryAttempt) => void): boolean {
    if (!this.holds || this.isLocked) return false;
    const unlock = () => {
      this.isLocked = false;
      for (const run of this.later.splice(0)) this.unlessLocked(run);
    };
    transaction.join({ commit: () => complete(this), rollback: unlock });
    this.isLocked = true;
    return true;
  }
}
