import { setTimeout as pause } from 'node:timers/promises';
import { LateAbort, type Delivery, type Outcome } from '../../extension.js';
import { sqlOf } from './boss.js';
import type { Completions } from './completions.js';
import type { Engine } from './engine.js';
import type { Settings } from './options.js';
import {
  attemptKey,
  failureOf,
  packedFailure,
  pauseAfter,
  seconds,
  unpacked,
  type AttemptKey,
  type FetchedJob,
} from './stored-job.js';

/** What the attempts of one queue share. */
export interface AttemptsOfQueue {
  readonly engine: Engine;
  readonly settings: Settings;
  /** As the port has it. */
  readonly name: string;
  /** In the engine. */
  readonly queue: string;
  readonly completions: Completions;
}

/** One job that this process has taken, until its outcome is stored. */
export class Attempt {
  private readonly ended = new LateAbort();
  private readonly key: AttemptKey;
  private readonly values: readonly [queue: string, id: string, retryCount: number, start: number | null];
  private isSettledByUser = false;
  private hasOutcome = false;

  constructor(
    private readonly of: AttemptsOfQueue,
    private readonly job: FetchedJob,
  ) {
    this.key = attemptKey(job);
    this.values = [of.queue, job.id, job.retryCount, this.key.start];
  }

  /** The handler has ended; what it came to is stored, or will be. */
  get isHandled(): boolean {
    return this.hasOutcome;
  }

  /**
   * Runs it and stores its outcome, unless the job has been taken away.
   * @param lease milliseconds that are left of it
   * @param onHandled called when another job may run: at once after success, after failure when that is stored
   */
  async run(handle: (delivery: Delivery) => Promise<Outcome>, lease: number, onHandled: () => void): Promise<void> {
    const end = () => this.ended.abort(new Error(`The lease of ${this.of.settings.lease} ms has ended`));
    const timer = setTimeout(end, lease);
    timer.unref();
    try {
      const outcome = await handle(this.delivery());
      this.hasOutcome = true;
      if (outcome.isDone) onHandled();
      await this.settle(outcome);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Stops to try to store the outcome: the job runs again when its lease has ended. */
  giveUp(): void {
    this.ended.abort(new Error('The worker is closed'));
  }

  /** Gives the job back, and the attempt does not count. */
  async release(): Promise<void> {
    if (this.ended.isAborted) return;
    this.ended.abort(new Error('The worker is closed'));
    await this.of.engine.change('release', [...this.values]);
  }

  private delivery(): Delivery {
    const { job, of, ended } = this;
    const { id, data } = unpacked(job);
    return {
      id,
      queue: of.name,
      attempt: job.retryCount + 1,
      attempts: job.retryLimit + 1,
      data,
      lastFailure: failureOf(job.output),
      get signal() {
        return ended.signal;
      },
      settleIn: transaction => this.settleIn(transaction),
    };
  }

  private async settleIn(transaction: unknown): Promise<boolean> {
    if (this.ended.isAborted) return false;
    this.isSettledByUser = await this.of.engine.change('complete', [...this.values], sqlOf(transaction));
    return this.isSettledByUser;
  }

  /** Tries again while the engine is gone: the job would run a second time. */
  private async settle(outcome: Outcome): Promise<void> {
    // If its transaction was rolled back after all, the job runs again when the lease has ended.
    if (outcome.isDone && this.isSettledByUser) return;
    const { engine, settings } = this.of;
    const { ended } = this;
    while (!ended.isAborted)
      try {
        await this.store(outcome);
        return engine.answered(this);
      } catch (error) {
        engine.failed(this, error);
        await pause(settings.poll, undefined, { signal: ended.signal }).catch(() => undefined);
      }
    engine.answered(this);
  }

  private async store(outcome: Outcome): Promise<void> {
    const { engine, settings } = this.of;
    const { job } = this;
    if (outcome.isDone) return this.of.completions.add(this.key);
    const failure = packedFailure(outcome.error);
    const isDead = outcome.isDead || job.retryCount >= job.retryLimit;
    if (!isDead)
      return void (await engine.change('retry', [...this.values, failure, pauseAfter(job, unpacked(job).retry)]));
    const retention = engine.major === 12 ? [seconds(settings.keepDead)] : [];
    await engine.change('bury', [...this.values, failure, ...retention]);
  }
}
