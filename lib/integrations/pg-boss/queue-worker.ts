import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Delivery, Outcome, QueueSpec } from '../../extension.js';
import { Attempt, type AttemptsOfQueue } from './attempt.js';
import { packedFailure, seconds } from './stored-job.js';

/** How often jobs whose lease has ended are looked for, at most, in milliseconds. */
const LONGEST_PATROL = 30_000;

/** How long `close` waits for outcomes to be stored, in milliseconds: the database may be away. */
const LAST_OUTCOMES = 3000;

/** Milliseconds after which a transaction of the user has probably been committed. */
const COMMIT = 50;

/**
 * Takes the jobs of one queue and runs them, at most `concurrency` at a time. The next ones are fetched while the
 * outcomes of those before are stored.
 */
export class QueueWorker {
  /** Until its outcome is stored. */
  private readonly running = new Map<Attempt, Promise<void>>();
  /** Those of them that let no other job run. */
  private readonly busy = new Set<Attempt>();
  private loop: Promise<void> | undefined;
  private isStopping = false;
  private isWoken = false;
  private wakeUp: () => void = () => undefined;
  private nextPatrol = 0;
  private committing: NodeJS.Timeout | undefined;

  constructor(
    private readonly of: AttemptsOfQueue,
    private readonly spec: QueueSpec,
    private readonly handle: (delivery: Delivery) => Promise<Outcome>,
  ) {}

  start(): void {
    this.loop ??= this.work();
  }

  /** There may be something to take. */
  wake(): void {
    this.isWoken = true;
    this.wakeUp();
  }

  /** There will be something to take when a transaction is committed; if that takes long, the next look finds it. */
  wakeAfterCommit(): void {
    this.committing ??= setTimeout(() => {
      this.committing = undefined;
      this.wake();
    }, COMMIT).unref();
  }

  /** Takes nothing new; resolves when what runs has settled. */
  async stop(): Promise<void> {
    this.isStopping = true;
    this.wake();
    await this.loop;
    await Promise.all(this.running.values());
  }

  /** What still runs goes back; what has ended is stored. Call `stop` first; it need not have resolved. */
  async close(): Promise<void> {
    this.isStopping = true;
    this.wake();
    await this.loop;
    const handled = [...this.running].filter(([attempt]) => attempt.isHandled);
    await this.release([...this.running.keys()].filter(attempt => !attempt.isHandled));
    const late = setTimeout(() => handled.forEach(([attempt]) => attempt.giveUp()), LAST_OUTCOMES);
    try {
      await Promise.all(handled.map(([, ended]) => ended));
    } finally {
      clearTimeout(late);
    }
  }

  private async work(): Promise<void> {
    while (!this.isStopping) {
      this.isWoken = false;
      try {
        await this.patrol();
        await this.take(this.free);
        this.of.engine.answered(this);
      } catch (error) {
        this.of.engine.failed(this, error);
      }
      await this.pause();
    }
    this.of.engine.answered(this);
  }

  /** What could not be stored yet does not add up. */
  private get free(): number {
    const { concurrency } = this.spec;
    return Math.min(concurrency - this.busy.size, 2 * concurrency - this.running.size);
  }

  private async take(free: number): Promise<void> {
    if (free <= 0) return;
    const askedAt = performance.now();
    const jobs = await this.of.engine.fetch(this.of.queue, free);
    const attempts = jobs.map(job => new Attempt(this.of, job));
    const lease = seconds(this.of.settings.lease) * 1000 - (performance.now() - askedAt);
    // A database that stood still may have given them just now; when, this process cannot tell.
    if (this.isStopping || lease <= 0) return this.release(attempts);
    for (const attempt of attempts) this.run(attempt, lease);
  }

  private run(attempt: Attempt, lease: number): void {
    this.busy.add(attempt);
    const makeRoom = () => {
      if (this.busy.delete(attempt)) this.wake();
    };
    const ended = attempt
      .run(this.handle, lease, makeRoom)
      .catch(error => this.of.engine.tell('A delivery ended without an outcome', error))
      .finally(() => {
        makeRoom();
        // Others wait for the outcome: the next job of the key, and all while too many are not stored.
        if (this.spec.isKeyed || this.running.size >= 2 * this.spec.concurrency) this.wake();
        this.running.delete(attempt);
      });
    this.running.set(attempt, ended);
  }

  private async release(attempts: readonly Attempt[]): Promise<void> {
    const released = await Promise.allSettled(attempts.map(attempt => attempt.release()));
    const failure = released.find(result => result.status === 'rejected');
    if (failure !== undefined) this.of.engine.failed(this, failure.reason);
  }

  /** Takes jobs away from workers that are gone. pg-boss does it too, once in one or two minutes. */
  private async patrol(): Promise<void> {
    if (performance.now() < this.nextPatrol) return;
    const { engine, settings, queue } = this.of;
    const failure = packedFailure({
      name: 'LeaseEnded',
      message: `The lease of ${settings.lease} ms has ended without an outcome`,
    });
    await engine.change('reclaim', [queue, failure, ...(engine.major === 12 ? [seconds(settings.keepDead)] : [])]);
    if (engine.major === 12 && this.spec.isKeyed) await engine.change('unblock', [queue]);
    this.nextPatrol = performance.now() + Math.min(settings.lease / 4, LONGEST_PATROL);
  }

  private async pause(): Promise<void> {
    await this.untilWoken();
    // What ends in the same turn of the event loop makes room for one fetch of several jobs.
    await nextTurn();
  }

  private async untilWoken(): Promise<void> {
    if (this.isWoken) return;
    await new Promise<void>(resolve => {
      const timer = setTimeout(resolve, this.of.settings.poll);
      this.wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.wakeUp = () => undefined;
  }
}
