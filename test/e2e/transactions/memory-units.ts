import { AsyncLocalStorage } from 'node:async_hooks';
import type { Transactions } from 'nestjs-cqrs/extension';
import { MemoryTransport, type BegunTransaction, type UnitOfWorkConformanceAdapter } from 'nestjs-cqrs/testing';

/** A transaction that is open, or was. */
export interface Running {
  isOpen: boolean;
  /** A statement has failed: the next one does, and the commit is a rollback. */
  isBroken: boolean;
  /** By hand. */
  isEnded: boolean;
  readonly rows: string[];
  /** Of the engine: itself first, and its savepoints that were not rolled back. */
  readonly jobs: BegunTransaction[];
}

/** A database and an engine in memory, with transactions as PostgreSQL has them. */
export class MemoryUnits implements Transactions {
  readonly name = 'memory';
  readonly rows = new Set<string>();
  protected readonly running = new AsyncLocalStorage<Running>();
  private readonly parts = new AsyncLocalStorage<{ readonly of: Running; readonly transaction: unknown }>();

  constructor(readonly engine: MemoryTransport) {}

  /** What the running code writes to. */
  protected open(): Running | undefined {
    const running = this.running.getStore();
    return running?.isOpen === true ? running : undefined;
  }

  current(): unknown {
    const running = this.open();
    const part = this.parts.getStore();
    return part !== undefined && part.of === running ? part.transaction : running?.jobs[0]!.transaction;
  }

  run<R>(work: () => Promise<R>): Promise<R> {
    const running: Running = { isOpen: true, isBroken: false, isEnded: false, rows: [], jobs: [this.engine.begin()] };
    return this.running.run(running, () => this.end(running, work));
  }

  protected async end<R>(running: Running, work: () => Promise<R>): Promise<R> {
    try {
      const result = await work();
      if (running.isBroken) await this.rollback(running);
      else if (!running.isEnded) await this.commit(running);
      return result;
    } catch (error) {
      if (!running.isEnded) await this.rollback(running);
      throw error;
    } finally {
      running.isOpen = false;
    }
  }

  protected async commit({ rows, jobs }: Running): Promise<void> {
    for (const row of rows) this.rows.add(row);
    for (const job of jobs) await job.commit();
  }

  protected async rollback({ jobs }: Running): Promise<void> {
    for (const job of jobs) await job.rollback();
  }

  async savepoint<R>(work: () => Promise<R>): Promise<R> {
    const running = this.open()!;
    const { rows, jobs, isBroken } = running;
    const [count, begun, part] = [rows.length, jobs.length, this.engine.begin()];
    jobs.push(part);
    try {
      return await this.parts.run({ of: running, transaction: part.transaction }, work);
    } catch (error) {
      rows.length = count;
      running.isBroken = isBroken;
      await Promise.all(jobs.splice(begun).map(job => job.rollback()));
      throw error;
    }
  }

  async verify(): Promise<void> {
    if (this.open()?.isBroken === true) throw new Error('A statement has failed.');
    if (this.open()?.isEnded === true) throw new Error('A statement has ended the transaction.');
  }

  async endByHand(statement: 'COMMIT' | 'ROLLBACK'): Promise<void> {
    const running = this.open()!;
    await (statement === 'COMMIT' ? this.commit(running) : this.rollback(running));
    running.isEnded = true;
  }

  async insert(row: string): Promise<void> {
    const running = this.open();
    if (running?.isBroken === true) throw new Error('A statement has failed before.');
    if (running === undefined) this.rows.add(row);
    else running.rows.push(row);
  }

  async fail(): Promise<never> {
    const running = this.open();
    if (running !== undefined) running.isBroken = true;
    throw new Error('division by zero');
  }
}

/** @param Units one that is broken, for example */
export function memoryUnits(
  Units: new (engine: MemoryTransport) => MemoryUnits = MemoryUnits,
): UnitOfWorkConformanceAdapter & { readonly engine: MemoryTransport } {
  const engine = new MemoryTransport();
  const units = new Units(engine);
  return {
    engine,
    name: 'memory',
    hasSavepoints: true,
    transactions: () => units,
    insert: row => units.insert(row),
    fail: () => units.fail(),
    end: statement => units.endByHand(statement),
    rows: async () => [...units.rows],
    durable: () => engine.another(),
  };
}
