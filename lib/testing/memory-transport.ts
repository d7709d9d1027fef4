import type {
  DeadLetterStore,
  Delivery,
  DurableFeatures,
  DurableTransport,
  Job,
  Outcome,
  QueueNumbers,
  QueueSpec,
  ScheduleStore,
  StoredJob,
} from '../extension.js';
import type { MemoryClock } from './memory-clock.js';
import { MemorySchedules } from './memory-schedules.js';
import { MemoryStorage, MemoryWorker } from './memory-storage.js';
import { MemoryTransaction, transactionOf } from './memory-transaction.js';

const FEATURES: DurableFeatures = {
  transaction: true,
  settleInTransaction: true,
  keys: 'ordered',
  schedules: true,
  survivesRestart: false,
};

const LEASE = 60_000;
const GRACE = 100;

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

/** The transport of one process; those of several share the storage. */
class MemoryProcess implements DurableTransport {
  readonly engine = 'memory';
  readonly features = FEATURES;
  readonly deadLetters: DeadLetterStore;
  private readonly workers: MemoryWorker[] = [];
  private isClosed = false;

  /** @internal */
  constructor(
    protected readonly storage: MemoryStorage,
    readonly schedules: ScheduleStore,
  ) {
    this.deadLetters = {
      list: async (queue, page) => storage.queue(queue).deadLetters(page),
      get: async (queue, id) => storage.queue(queue).deadLetter(id),
      redrive: async (queue, id) => {
        const isRedriven = storage.queue(queue).redrive(id, storage.now);
        storage.wake();
        return isRedriven;
      },
      discard: async (queue, id) => storage.queue(queue).discard(id),
    };
  }

  async open(queues: readonly QueueSpec[]): Promise<void> {
    for (const { name, isKeyed } of queues) if (isKeyed) this.storage.queue(name).isKeyed = true;
  }

  /**
   * Rejects with a `TypeError` if a job is not JSON, or if the transaction is not one of `MemoryTransport.begin()`; with
   * an `Error` after `close()`.
   */
  async store(jobs: readonly Job[], transaction?: unknown): Promise<readonly StoredJob[]> {
    this.mustBeOpen();
    return this.storage.store(jobs, transaction === undefined ? undefined : transactionOf(transaction));
  }

  async work(queue: QueueSpec, run: (delivery: Delivery) => Promise<Outcome>): Promise<void> {
    this.mustBeOpen();
    const worker = new MemoryWorker(queue, run);
    this.workers.push(worker);
    this.storage.addWorker(worker);
  }

  async stopIntake(): Promise<void> {
    for (const worker of this.workers) worker.takesJobs = false;
    const running = this.workers.flatMap(worker => [...worker.running]);
    await Promise.all(running.map(({ ended }) => ended));
  }

  async close(): Promise<void> {
    this.isClosed = true;
    for (const worker of this.workers) this.storage.closeWorker(worker);
  }

  async inspect(queue: string): Promise<QueueNumbers> {
    return this.storage.queue(queue).numbers(this.storage.now);
  }

  private mustBeOpen(): void {
    if (this.isClosed) throw new Error('The transport is closed.');
  }
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
 * - A job with a key waits for all jobs of its key that were stored before it, also for delayed ones.
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
