import type { Job as BullJob } from 'bullmq';
import type { Delivery, FailureJSON } from '../../extension.js';
import { decodeId } from './encoding.js';
import type { FirstRenewals } from './first-renewals.js';
import { Lease, type LeaseHolder } from './lease.js';
import type { Outage } from './outage.js';
import { attemptsOf, dataOf, lastFailureOf, mostAttemptsOf } from './stored-job.js';

/** What the jobs of a worker share. */
export interface Held {
  readonly queue: string;
  /** In milliseconds. */
  readonly lease: number;
  readonly outage: Outage;
  readonly firstRenewals: FirstRenewals;
}

/**
 * A job whose handler runs.
 * perf: one object is the delivery and holds the lease; closures and promises for each took 5 µs.
 */
export class RunningJob implements Delivery, LeaseHolder {
  readonly id: string;
  readonly queue: string;
  readonly attempt: number;
  readonly attempts: number;
  readonly data: unknown;
  readonly lastFailure: FailureJSON | undefined;
  readonly #job: BullJob;
  readonly #token: string;
  readonly #held: Held;
  readonly #lease: Lease;

  constructor(job: BullJob, token: string, held: Held) {
    this.id = decodeId(job.id!);
    this.queue = held.queue;
    this.attempt = attemptsOf(job) + 1;
    this.attempts = mostAttemptsOf(job);
    this.data = dataOf(job);
    this.lastFailure = lastFailureOf(job);
    this.#job = job;
    this.#token = token;
    this.#held = held;
    this.#lease = new Lease(this, held.lease, job.processedOn!, held.firstRenewals);
  }

  get signal(): AbortSignal {
    return this.#lease.signal;
  }

  /** Another worker has the job, or will have it. */
  get isLost(): boolean {
    return this.#lease.isLost;
  }

  end(): void {
    this.#lease.end();
  }

  abort(reason: Error): void {
    this.#lease.abort(reason);
  }

  async renew(): Promise<boolean> {
    return (await this.#job.extendLock(this.#token, this.#held.lease)) === 1;
  }

  onLost(reason: Error): void {
    this.#held.outage.failed(`A handler of the queue "${this.queue}" has lost the job "${this.id}"`, reason);
  }
}
