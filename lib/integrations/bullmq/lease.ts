import { LateAbort } from '../../extension.js';

/** What a lease needs. */
export interface LeaseOptions {
  /** In milliseconds. */
  readonly duration: number;
  /** When it began, in milliseconds since 1970 on the clock of this process. */
  readonly since: number;
  /** Renews it. Resolves with false if another worker may have the job. */
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
  private readonly aborted = new LateAbort();
  private renewal: NodeJS.Timeout | undefined;
  private expiry: NodeJS.Timeout | undefined;
  /** Of `performance.now()`. */
  private until: number;
  private isEnded = false;
  private isTaken = false;

  constructor(private readonly options: LeaseOptions) {
    const { duration, since } = options;
    const age = Math.min(Math.max(Date.now() - since, 0), duration);
    this.until = performance.now() - age + duration;
    this.renewLater();
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
    clearTimeout(this.renewal);
    clearTimeout(this.expiry);
  }

  /** Tells the handler that the job is not its own any more. */
  abort(reason: Error): void {
    this.end();
    this.aborted.abort(reason);
  }

  private lose(why: string): void {
    if (this.isEnded) return;
    this.isTaken = true;
    const reason = new Error(`The lease of the job has ended: ${why}.`);
    this.abort(reason);
    this.options.onLost(reason);
  }

  /** The timer is late where the event loop was blocked, and nothing renews the lease where Redis is away. */
  private watch(): void {
    clearTimeout(this.expiry);
    const left = Math.max(this.until - performance.now(), 0);
    this.expiry = setTimeout(() => this.lose('it could not be renewed in time'), left);
  }

  private renewLater(): void {
    const left = Math.max(this.until - performance.now(), 0);
    this.renewal = setTimeout(() => void this.renew(), Math.min(this.options.duration / RENEWALS, left));
  }

  private async renew(): Promise<void> {
    const asked = performance.now();
    if (asked >= this.until) return this.lose('it could not be renewed in time');
    // perf: from the first renewal on; most handlers have ended before.
    if (this.expiry === undefined) this.watch();
    const isKept = await this.options.renew().catch(() => undefined);
    if (this.isEnded) return;
    if (isKept === false) return this.lose('the lock is gone');
    if (isKept === true) {
      this.until = asked + this.options.duration;
      this.watch();
    }
    this.renewLater();
  }
}
