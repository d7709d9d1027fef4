// #region units
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Transactions } from 'nestjs-cqrs/extension';
import type { MemoryTransport } from 'nestjs-cqrs/testing';

/** For tests: units of work without a database, over an engine in memory. */
export class UnitsInMemory implements Transactions {
  readonly name = 'memory';
  private readonly running = new AsyncLocalStorage<{ transaction?: unknown }>();

  constructor(private readonly engine: MemoryTransport) {}

  current() {
    return this.running.getStore()?.transaction;
  }

  async run<R>(work: () => Promise<R>): Promise<R> {
    const { transaction, commit, rollback } = this.engine.begin();
    const running: { transaction?: unknown } = { transaction };
    try {
      const result = await this.running.run(running, work);
      await commit();
      return result;
    } catch (error) {
      await rollback();
      throw error;
    } finally {
      delete running.transaction;
    }
  }
}
// #endregion
