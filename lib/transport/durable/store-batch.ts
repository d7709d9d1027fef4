import { CqrsException } from '../../errors/cqrs.exception.js';
import { harmless } from '../../dispatch/failures.js';
import type { Job } from './durable-transport.js';
import type { Receipt } from './receipt.js';

/** The jobs of one call: stored together, or none is. Each passes its own pipeline first. */
export class StoreBatch {
  private readonly jobs: (Job | undefined)[];
  private waiting: number;
  private refusal: { readonly error: unknown } | undefined;
  private readonly stored: Promise<readonly Receipt[]>;
  private isReady!: () => void;

  /** @param size how many messages the call has */
  constructor(size: number, store: (jobs: readonly Job[]) => Promise<readonly Receipt[]>) {
    this.jobs = Array.from<undefined>({ length: size });
    this.waiting = size;
    const ready = new Promise<void>(resolve => (this.isReady = resolve));
    this.stored = harmless(ready.then(() => this.storeAll(store)));
  }

  /**
   * Called by the last function of a pipeline. A retry of a middleware calls again: the first answer counts.
   * @returns resolves when all jobs of the call are stored
   */
  async add(index: number, job: Job): Promise<Receipt> {
    if (this.jobs[index] === undefined) {
      this.jobs[index] = job;
      this.arrive();
    }
    return (await this.stored)[index]!;
  }

  /** Undefined if no middleware has passed the message on. */
  async receiptOf(index: number): Promise<Receipt | undefined> {
    return this.jobs[index] === undefined ? undefined : (await this.stored)[index];
  }

  /** The message will not be stored: a middleware refused it, or did not call `next()`. */
  refuse(index: number, error: unknown): void {
    if (this.jobs[index] !== undefined) return;
    this.refusal ??= { error };
    this.arrive();
  }

  private arrive(): void {
    this.waiting -= 1;
    if (this.waiting === 0) this.isReady();
  }

  private storeAll(store: (jobs: readonly Job[]) => Promise<readonly Receipt[]>): Promise<readonly Receipt[]> {
    if (this.refusal !== undefined) return Promise.reject(this.refusal.error);
    return store(this.jobs as Job[]);
  }
}

export const notPassedOn = (message: string): CqrsException =>
  new CqrsException({
    code: 'CQRS_NOT_STORED',
    what: `"${message}" was not stored: a middleware that runs at 'store' did not call next().`,
    where: 'enqueue()',
    remedy: "Call next(), throw, or take 'store' out of its places.",
  });
