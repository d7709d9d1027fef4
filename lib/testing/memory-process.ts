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
import type { MemoryStorage } from './memory-storage.js';
import { transactionOf } from './memory-transaction.js';
import { MemoryWorker } from './memory-worker.js';

const FEATURES: DurableFeatures = {
  transaction: true,
  settleInTransaction: true,
  keys: 'ordered',
  schedules: true,
  survivesRestart: false,
};

/** The transport of one process; those of several share the storage. */
export class MemoryProcess implements DurableTransport {
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
    this.isClosed = false;
    for (const { name, isKeyed } of queues) if (isKeyed) this.storage.queue(name).isKeyed = true;
  }

  /**
   * Rejects with a `TypeError` if a job is not JSON, or if the transaction is not one of `MemoryTransport.begin()`; with
   * an `Error` between `close()` and the next `open()`.
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
    for (const worker of this.workers.splice(0)) this.storage.closeWorker(worker);
  }

  async inspect(queue: string): Promise<QueueNumbers> {
    return this.storage.queue(queue).numbers(this.storage.now);
  }

  private mustBeOpen(): void {
    if (this.isClosed) throw new Error('The transport is closed.');
  }
}
