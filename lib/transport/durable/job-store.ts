import { captureContext, type AsyncRunner } from '../../context/context-storage.js';
import { CqrsException } from '../../errors/cqrs.exception.js';
import { isA } from '../../envelope/typed.js';
import { textOf } from '../../dispatch/failures.js';
import type { UnitsOfWork } from '../../units/units-of-work.js';
import type { DurableTransport, Job, QueueSpec } from './durable-transport.js';
import type { Receipt } from './receipt.js';

/** Transports of applications that run: one that closes would close it for the other. */
const inUse = new WeakSet<DurableTransport>();

/** Opens the transport before its first use, stores jobs, and closes it. */
export class JobStore {
  private readonly open = new Map<string, Promise<void>>();
  /** The latest call of `open`, unless it has failed. */
  private latest: Promise<void> | undefined;
  /** How many queues have been opened, once all of them are. */
  private openCount: number | undefined;
  private isClosed = false;
  private hasTransport = false;

  /**
   * @param report tells failures of the engine
   * @param home in whose asynchronous context connections are made
   * @param units jobs are stored in the transaction of that of the caller
   */
  constructor(
    readonly transport: DurableTransport,
    private readonly queues: () => readonly QueueSpec[],
    private readonly report: (problem: string, error: unknown) => void,
    private readonly home: AsyncRunner = captureContext(),
    private readonly units?: UnitsOfWork,
  ) {}

  /**
   * Opens the queues that are not open. A failure is forgotten: the next call tries again.
   * @throws (rejects) CqrsException (CQRS_ENGINE_UNAVAILABLE, CQRS_INVALID_OPTIONS)
   */
  async ready(): Promise<void> {
    if (this.isClosed) throw closed(this.transport.engine);
    const queues = this.queues();
    // perf: one turn for each message, not one for each queue.
    if (queues.length === this.openCount) return;
    if (this.latest === undefined) this.takeTransport();
    const missing = queues.filter(({ name }) => !this.open.has(name));
    // Also without a queue: schedules and dead letters may be asked for.
    if (missing.length > 0 || this.latest === undefined) {
      const opening = this.home(() => this.transport.open(missing, this.report));
      this.latest = opening;
      for (const { name } of missing) this.open.set(name, opening);
      opening.catch(() => this.forget(opening));
    }
    try {
      await Promise.all([this.latest, ...this.open.values()]);
      this.openCount = this.open.size;
    } catch (error) {
      throw isA(CqrsException, error) ? error : unavailable(this.transport.engine, error);
    }
  }

  /** Nothing is stored any more, and another application may have the transport. */
  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    if (!this.hasTransport) return;
    try {
      await this.transport.close();
    } finally {
      inUse.delete(this.transport);
    }
  }

  private takeTransport(): void {
    if (this.hasTransport) return;
    if (inUse.has(this.transport)) throw shared(this.transport.engine);
    inUse.add(this.transport);
    this.hasTransport = true;
  }

  private forget(failed: Promise<void>): void {
    if (this.latest === failed) this.latest = undefined;
    for (const [name, opening] of this.open) if (opening === failed) this.open.delete(name);
  }

  /** Whether a job that is stored now is not part of what the running code commits, though it could be. */
  get isOutsideOfUnits(): boolean {
    return this.units !== undefined && this.transport.features.transaction && this.units.current(storing) === undefined;
  }

  /**
   * All, or none.
   * @param given a transaction of the user. Default: that of the unit of work
   * @throws (rejects) CqrsException (CQRS_ENGINE_UNAVAILABLE, CQRS_NOT_STORED, CQRS_NO_TRANSACTION,
   *   CQRS_FOREIGN_TRANSACTION)
   */
  async store(jobs: readonly Job[], given?: unknown): Promise<Receipt[]> {
    const { engine, features } = this.transport;
    const unit = given === undefined ? this.units?.current(() => storingOf(jobs)) : undefined;
    const transaction = given ?? unit?.transaction;
    if (transaction !== undefined && !features.transaction) throw withoutTransaction(engine);
    const stored = this.storeReady(jobs, transaction);
    unit?.follow(stored);
    return stored;
  }

  private async storeReady(jobs: readonly Job[], transaction: unknown): Promise<Receipt[]> {
    const { engine } = this.transport;
    await this.ready();
    try {
      const stored = await this.transport.store(jobs, transaction);
      return stored.map(({ id, isDuplicate }, i) => ({ id, queue: jobs[i]!.queue, transport: engine, isDuplicate }));
    } catch (error) {
      throw isA(CqrsException, error) ? error : notStored(jobs, engine, error);
    }
  }
}

const storing = (): string => 'a message that is stored';

const storingOf = (jobs: readonly Job[]): string => `the storing of a message for "${jobs[0]?.queue}"`;

const unavailable = (engine: string, cause: unknown): CqrsException =>
  new CqrsException({
    code: 'CQRS_ENGINE_UNAVAILABLE',
    what: `The engine of durable messages, ${engine}, cannot be opened: ${textOf(cause)}.`,
    where: 'durable.transport of CqrsModule.forRoot()',
    remedy: 'Start it, and look at its address, user and password.',
    cause,
  });

const closed = (engine: string): CqrsException =>
  new CqrsException({
    code: 'CQRS_ENGINE_UNAVAILABLE',
    what: `The application is closed, and with it the engine of its durable messages, ${engine}.`,
    where: 'durable.transport of CqrsModule.forRoot()',
    remedy: 'Store and look before the application closes, as in a hook onModuleDestroy.',
  });

const shared = (engine: string): CqrsException =>
  new CqrsException({
    code: 'CQRS_INVALID_OPTIONS',
    what: `Another application that runs in this process uses the same transport (${engine}): the first that closes would close it for both.`,
    where: 'durable.transport of CqrsModule.forRoot()',
    remedy:
      'Make one for each application: CqrsModule.forRootAsync({ useFactory: () => ({ durable: { transport: … } }) }).',
  });

const notStored = (jobs: readonly Job[], engine: string, cause: unknown): CqrsException =>
  new CqrsException({
    code: 'CQRS_NOT_STORED',
    what: `${jobs.length === 1 ? 'A message' : `${jobs.length} messages`} for "${jobs[0]!.queue}" could not be stored in ${engine}: ${textOf(cause)}.`,
    remedy: 'Try again with the same messageId: where the first try was stored after all, the second is a duplicate.',
    cause,
  });

export const withoutTransaction = (engine: string): CqrsException =>
  new CqrsException({
    code: 'CQRS_NO_TRANSACTION',
    what: `${engine} cannot store a message within a transaction.`,
    where: 'enqueue()',
    remedy:
      'Store it after the commit: publish an event, and call enqueue() in a handler of it, outside of the transaction. Or use pg-boss on the database of the transaction.',
  });
