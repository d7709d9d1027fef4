import type { Delivery, Outcome, QueueSpec } from '../extension.js';
import type { MemoryAttempt } from './memory-attempt.js';

/** A queue that a process works. */
export class MemoryWorker {
  readonly running = new Set<MemoryAttempt>();
  takesJobs = true;

  constructor(
    readonly spec: QueueSpec,
    private readonly run: (delivery: Delivery) => Promise<Outcome>,
  ) {}

  get isFree(): boolean {
    return this.takesJobs && this.running.size < this.spec.concurrency;
  }

  /** As on an engine, outcomes are JSON. A worker that breaks its promise and rejects has failed. */
  async handle(delivery: Delivery): Promise<Outcome> {
    try {
      return JSON.parse(JSON.stringify(await this.run(delivery))) as Outcome;
    } catch (error) {
      return { isDone: false, error: { name: 'Error', message: String(error) }, isDead: false };
    }
  }
}
