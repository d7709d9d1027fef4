import type { InjectionToken } from '@nestjs/common';
import type { TransactionalAdapter, TransactionalAdapterOptions } from '@nestjs-cls/transactional';
import { CqrsException } from '../../extension.js';
import type { PgClient, PgPool } from './pg-client.js';
import { PgTransaction } from './pg-transaction.js';

/** Of a pool of `pg`; others may have none. */
interface PgPoolEvents {
  on?(event: 'connect', listener: (client: PgClient) => void): unknown;
}

/** Options of a transaction. */
export interface PgTransactionOptions {
  /** Default: that of the database. */
  readonly isolationLevel?: 'read committed' | 'repeatable read' | 'serializable';
}

/**
 * An adapter of `@nestjs-cls/transactional` for `pg` itself. The transaction is a client, and outside of one the pool:
 * `host.tx.query('insert …')`. After the end of the transaction its client refuses statements (CQRS_TRANSACTION_ENDED).
 */
export class PgTransactionalAdapter<P extends PgPool> implements TransactionalAdapter<
  P,
  Pick<P, 'query'>,
  PgTransactionOptions
> {
  readonly connectionToken: InjectionToken<P>;
  readonly defaultTxOptions: PgTransactionOptions | undefined;

  /** @param options with the token under which the pool is provided */
  constructor(options: { readonly poolToken: InjectionToken<P>; readonly defaultTxOptions?: PgTransactionOptions }) {
    this.connectionToken = options.poolToken;
    this.defaultTxOptions = options.defaultTxOptions;
  }

  optionsFactory(pool: P): TransactionalAdapterOptions<Pick<P, 'query'>, PgTransactionOptions> {
    // A new connection may be lost before the promise of `connect()` has given it away.
    (pool as PgPoolEvents).on?.('connect', client => void client.on?.('error', ignore));
    return {
      wrapWithTransaction: (options, work, setClient) =>
        inTransaction(pool, options, client => {
          setClient(client as never);
          return work();
        }),
      wrapWithNestedTransaction: (_options, work, setClient, client) =>
        inSavepoint(client as never, savepoint => {
          setClient(savepoint as never);
          return work();
        }),
      getFallbackInstance: () => pool,
    };
  }
}

async function inTransaction<R>(
  pool: PgPool,
  { isolationLevel }: PgTransactionOptions,
  work: (client: PgClient) => Promise<R>,
): Promise<R> {
  const client = await pool.connect();
  client.on?.('error', ignore);
  const transaction = new PgTransaction(client);
  let broken: unknown;
  try {
    await client.query(isolationLevel === undefined ? 'BEGIN' : `BEGIN ISOLATION LEVEL ${isolationLevel}`);
    // perf: a promise less than with `within`.
    const result = await work(transaction.tx);
    transaction.end();
    const { command } = await client.query('COMMIT');
    if (command === 'ROLLBACK') throw rolledBackAtCommit(transaction.failure);
    return result;
  } catch (error) {
    transaction.end();
    // A connection that is not in a known state must not go back to the pool.
    await client.query('ROLLBACK').catch((failure: unknown) => (broken = failure));
    throw error;
  } finally {
    client.off?.('error', ignore);
    client.release(broken !== undefined);
  }
}

async function within<R>(transaction: PgTransaction, work: (client: PgClient) => Promise<R>): Promise<R> {
  try {
    return await work(transaction.tx);
  } finally {
    transaction.end();
  }
}

const rolledBackAtCommit = (cause: unknown): CqrsException =>
  new CqrsException({
    code: 'CQRS_STATEMENT_FAILED',
    what: `The transaction was rolled back at its commit, since a statement in it had failed${cause instanceof Error ? `: ${cause.message}` : ''}.`,
    where: 'PgTransactionalAdapter',
    remedy: 'Let the error of a statement pass, or send the statement in a savepoint, with the propagation Nested.',
    cause,
  });

/** A connection that is lost between two statements: the next one fails. Without a listener the process would end. */
const ignore = (): void => undefined;

async function inSavepoint<R>(client: PgClient, work: (savepoint: PgClient) => Promise<R>): Promise<R> {
  await client.query('SAVEPOINT cqrs');
  try {
    const result = await within(new PgTransaction(client, PgTransaction.of(client)), work);
    await client.query('RELEASE SAVEPOINT cqrs');
    return result;
  } catch (error) {
    await client.query('ROLLBACK TO SAVEPOINT cqrs');
    await client.query('RELEASE SAVEPOINT cqrs');
    throw error;
  }
}
