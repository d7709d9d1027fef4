import { getTransactionHostToken, Propagation, type TransactionHost } from '@nestjs-cls/transactional';
import { CqrsException, type Transactions } from '../../extension.js';
import { isForeignTransactional } from './foreign-decorator.js';
import { checkNames } from './option-names.js';
import { PgTransaction } from './pg-transaction.js';
import { executorOf, type SqlExecutor, type TransactionState } from './sql-executor.js';

/** Options of `transactional()`. */
export interface UnitOfWorkOptions {
  /** Of `ClsPluginTransactional`, where there are several. Default: the one without a name. */
  readonly connectionName?: string;
  /**
   * Finds out, before each commit, whether a statement has failed: PostgreSQL would roll back and not say so. A client
   * of `pg` 8.17 and later knows, also whether a statement has ended the transaction; for others a statement is sent.
   * Default: true.
   */
  readonly verify?: boolean;
  /**
   * Runs SQL in a transaction of the adapter, for the engine of durable messages. Default: known for `pg`, Drizzle,
   * TypeORM and Prisma.
   */
  readonly sql?: (transaction: never) => SqlExecutor;
}

/**
 * Units of work over `@nestjs-cls/transactional`, for `CqrsModule.forRoot({ unitOfWork })`. Repositories find the
 * transaction as they do today, by `TransactionHost`.
 * @throws CqrsException (code CQRS_INVALID_OPTIONS) for other options
 */
export const transactional = (options: UnitOfWorkOptions = {}): Transactions => new ClsTransactions(options);

class ClsTransactions implements Transactions {
  readonly name = '@nestjs-cls/transactional';
  private host: TransactionHost | undefined;
  private readonly executors = new WeakMap<object, unknown>();

  constructor(private readonly options: UnitOfWorkOptions) {
    checkNames(options, ['connectionName', 'verify', 'sql'], 'transactional()');
  }

  connect(get: Parameters<NonNullable<Transactions['connect']>>[0]): void {
    const { connectionName } = this.options;
    try {
      this.host = get<TransactionHost>(getTransactionHostToken(connectionName));
    } catch (cause) {
      throw withoutPlugin(connectionName, cause);
    }
  }

  run<R>(work: () => Promise<R>): Promise<R> {
    return this.host!.withTransaction(Propagation.RequiresNew, work);
  }

  /** Without an adapter that can, the host would open another transaction. */
  get savepoint(): Transactions['savepoint'] {
    const { _options } = this.host as unknown as { _options: { wrapWithNestedTransaction?: unknown } };
    if (typeof _options.wrapWithNestedTransaction !== 'function') return undefined;
    return work => this.host!.withTransaction(Propagation.Nested, work);
  }

  current(): unknown {
    if (this.host?.isTransactionActive() !== true) return undefined;
    const { tx } = this.host as { tx: unknown };
    if (typeof tx !== 'object' || tx === null) return tx;
    const known = PgTransaction.of(tx);
    if (known === undefined) return this.executorOf(tx);
    return this.options.sql === undefined ? known.open : known.open && this.executorOf(known.open.tx);
  }

  private executorOf(transaction: object): unknown {
    const known = this.executors.get(transaction);
    if (known !== undefined) return known;
    const executor = this.options.sql?.(transaction as never) ?? executorOf(transaction);
    this.executors.set(transaction, executor);
    return executor;
  }

  isForeign(method: unknown): boolean {
    return isForeignTransactional(method);
  }

  verify(): Promise<void> | undefined {
    if (this.options.verify === false) return undefined;
    const executor = this.current() as Partial<SqlExecutor>;
    const state = executor.state?.() ?? 'busy';
    if (state === 'busy') return this.askServer(executor);
    this.mustBeOpen(state);
    return undefined;
  }

  private async askServer(executor: Partial<SqlExecutor>): Promise<void> {
    // PostgreSQL refuses it where a statement has failed; when it has ended, the status is known.
    await executor.executeSql?.('SELECT 1', []).catch((error: unknown) => {
      throw this.failure ?? error;
    });
    this.mustBeOpen(executor.state?.() ?? 'open');
  }

  private mustBeOpen(state: TransactionState): void {
    if (state !== 'open' && state !== 'busy')
      throw (state === 'failed' && this.failure) || new Error(UNCOMMITTABLE[state]);
  }

  private get failure(): unknown {
    return PgTransaction.of(this.host!.tx)?.failure;
  }
}

const UNCOMMITTABLE: Readonly<Record<Exclude<TransactionState, 'open' | 'busy'>, string>> = {
  failed: 'a statement in it has failed',
  ended: 'a statement has ended it, such as COMMIT or ROLLBACK, before the unit of work did',
};

const withoutPlugin = (connectionName: string | undefined, cause: unknown): CqrsException =>
  new CqrsException({
    code: 'CQRS_NO_UNIT_OF_WORK',
    ...(connectionName === undefined
      ? {
          what: 'The application has no ClsPluginTransactional, or only one with a connectionName.',
          remedy:
            'Import ClsModule.forRoot({ plugins: [new ClsPluginTransactional({ imports, adapter })] }) of nestjs-cls and @nestjs-cls/transactional; or name the connection: transactional({ connectionName }).',
        }
      : {
          what: `The application has no ClsPluginTransactional with the connectionName "${connectionName}".`,
          remedy: 'Give the plugin this connectionName, or transactional() that of the plugin.',
        }),
    cause,
  });
