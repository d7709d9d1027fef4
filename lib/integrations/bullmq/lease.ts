import { LateAbort } from '../../extension.js';
import type { FirstRenewals } from './first-renewals.js';

/** Who has the job. */
export interface LeaseHolder {
  /** Resolves with false if another worker may have the job. */
  renew(): Promise<boolean>;
  /** The engine has, or may have, taken the job away. */
  onLost(reason: Error): void;
}

/** Renewals within one lease: one may fail. */
const RENEWALS = 3;

/**
 * Renews the lock of one job while its handler runs. BullMQ has a renewal of its own, which knows a job by its id only:
 * where a worker has got the same job again, it stops renewing when the first of the two ends.
 */
export class Lease {
  /** When it is renewed first, of `performance.now()`. */
  readonly renewal: number;
  private readonly aborted = new LateAbort();
  private timer: NodeJS.Timeout | undefined;
  private expiry: NodeJS.Timeout | undefined;
  /** Of `performance.now()`. */
  private until: number;
  private isEnded = false;
  private isTaken = false;

  /**
   * @param duration in milliseconds
   * @param since when it began, in milliseconds since 1970 on the clock of this process
   */
  constructor(
    private readonly holder: LeaseHolder,
    private readonly duration: number,
    since: number,
    private readonly first: FirstRenewals,
  ) {
    const now = performance.now();
    this.until = now - Math.min(Math.max(Date.now() - since, 0), duration) + duration;
    this.renewal = Math.min(now + duration / RENEWALS, this.until);
    first.add(this);
  }

  get signal(): AbortSignal {
    return this.aborted.signal;
  }

  /** Another worker has the job, or will have it. */
  get isLost(): boolean {
    return this.isTaken;
  }

  /** The handler has ended, or the job is handed back. */
  end(): void {
    this.isEnded = true;
    this.first.delete(this);
    if (this.expiry === undefined) return;
    clearTimeout(this.timer);
    clearTimeout(this.expiry);
  }

  /** Tells the handler that the job is not its own any more. */
  abort(reason: Error): void {
    this.end();
    this.aborted.abort(reason);
  }

  /** When the first renewal is due. */
  renewNow(): void {
    // From now on it has timers of its own.
    this.watch();
    void this.renew();
  }

  private lose(why: string): void {
    this.isTaken = true;
    const reason = new Error(`The lease of the job has ended: ${why}.`);
    this.abort(reason);
    this.holder.onLost(reason);
  }

  /** The timer is late where the event loop was blocked, and nothing renews the lease where Redis is away. */
  private watch(): void {
    clearTimeout(this.expiry);
    const left = Math.max(this.until - performance.now(), 0);
    this.expiry = setTimeout(() => this.lose('it could not be renewed in time'), left);
  }

  private renewLater(): void {
    this.timer = setTimeout(() => void this.renew(), this.duration / RENEWALS);
  }

  private async renew(): Promise<void> {
    const asked = performance.now();
    if (asked >= this.until) return this.lose('it could not be renewed in time');
    const isKept = await this.holder.renew().catch(() => undefined);
    if (this.isEnded) return;
    if (isKept === false) return this.lose('the lock is gone');
    if (isKept === true) {
      this.until = asked + this.duration;
      this.watch();
    }
    this.renewLater();
  }
}
