import type { DurableTransport } from '../extension.js';
import type { MemoryClock } from './memory-clock.js';
import { MemorySchedules } from './memory-schedules.js';
import { MemoryProcess } from './memory-process.js';
import { MemoryStorage } from './memory-storage.js';
import { MemoryTransaction } from './memory-transaction.js';

const LEASE = 60_000;
const GRACE = 100;

/** How long things take in a `MemoryTransport`. */
export interface MemoryTransportOptions {
  /** How long a handler may run before its job is handed out again, in milliseconds of virtual time. Default: 60,000. */
  readonly lease?: number;
  /** How long `clock.advance()` waits for a handler that runs, in milliseconds of real time. Default: 100. */
  readonly grace?: number;
  /** The virtual time at the beginning. Default: the real time. */
  readonly start?: Date;
}

/** Two sides of a transaction in memory. */
export interface BegunTransaction {
  /** What a unit of work gives as its transaction. */
  readonly transaction: unknown;
  /** Stores and completes what was done within it. Rejects if the transaction has ended. */
  commit(): Promise<void>;
  /** Forgets what was done within it. Rejects if the transaction has ended. */
  rollback(): Promise<void>;
}

/**
 * Keeps jobs in memory, for tests: durable commands, events and schedules without an engine. Time is virtual: delays,
 * retries, leases and schedules wait for `clock.advance()`. What is due runs at once, in the next turn of the event
 * loop, outside of the asynchronous context of its sender. Jobs are JSON, as on an engine.
 *
 * - Ids are remembered, also those of jobs that have ended or were discarded.
 * - The delay of a retry is exact; backoff doubles it and does not vary it.
 * - A handler that outlives its lease is aborted, its attempt counts, and the job is handed out again at once. It still
 *   counts for the concurrency of its worker until it ends.
 * - A job with a key waits for all jobs of its key that were stored before it, except for those that are still delayed.
 */
export class MemoryTransport extends MemoryProcess {
  constructor({ lease = LEASE, grace = GRACE, start = new Date() }: MemoryTransportOptions = {}) {
    const storage = new MemoryStorage({ lease, grace, start });
    super(storage, new MemorySchedules(storage));
  }

  /** The virtual time. */
  get clock(): MemoryClock {
    return this.storage.clock;
  }

  /**
   * Resolves when no handler runs, and no job is due that a worker could run. Does not move time. A handler that never
   * ends keeps it waiting.
   */
  settled(): Promise<void> {
    return this.storage.settled();
  }

  /** The transport of another process with the same jobs and the same clock. */
  another(): DurableTransport {
    return new MemoryProcess(this.storage, this.schedules);
  }

  /** Begins a transaction for `store()` and `settleIn()`: what a unit of work of a test opens. */
  begin(): BegunTransaction {
    const transaction = new MemoryTransaction();
    return {
      transaction,
      commit: async () => transaction.commit(),
      rollback: async () => transaction.rollback(),
    };
  }
}
