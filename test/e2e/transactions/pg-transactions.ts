// #region transactions
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Transactions } from 'nestjs-cqrs/extension';
import type { Pool, PoolClient } from 'pg';

const ignore = (): void => undefined;

/** Units of work over a pool of `pg`. */
export class PgTransactions implements Transactions {
  readonly name = 'pg';
  private readonly clients = new AsyncLocalStorage<{ client?: PoolClient }>();

  constructor(private readonly pool: Pool) {}

  /** For repositories: the transaction of the running code, or the pool. */
  get client(): Pick<Pool, 'query'> {
    return this.current() ?? this.pool;
  }

  current(): PoolClient | undefined {
    return this.clients.getStore()?.client;
  }

  async run<R>(work: () => Promise<R>): Promise<R> {
    const client = await this.pool.connect();
    // If the connection is lost between two statements, the next one fails. Without a listener, the process ends.
    client.on('error', ignore);
    let broken: unknown;
    const running: { client?: PoolClient } = { client };
    try {
      await client.query('BEGIN');
      const result = await this.clients.run(running, work);
      await client.query('COMMIT');
      return result;
    } catch (error) {
      await client.query('ROLLBACK').catch((failure: unknown) => (broken = failure));
      throw error;
    } finally {
      // What the work has left running must not find a client that others use.
      delete running.client;
      client.off('error', ignore);
      client.release(broken !== undefined);
    }
  }

  async savepoint<R>(work: () => Promise<R>): Promise<R> {
    const client = this.current()!;
    await client.query('SAVEPOINT part');
    try {
      return await work();
    } catch (error) {
      await client.query('ROLLBACK TO SAVEPOINT part');
      throw error;
    } finally {
      // Else the next part would be rolled back to this one.
      await client.query('RELEASE SAVEPOINT part');
    }
  }

  /** Fails if a statement has failed, or has ended the transaction. */
  verify(): Promise<unknown> {
    return this.client.query('SAVEPOINT verified');
  }
}
// #endregion
