import { CqrsException } from '../../extension.js';
import type { NamedStatement, PgClient } from './pg-client.js';
import { stateNow, type SqlExecutor, type TransactionState } from './sql-executor.js';

type Query = (...args: unknown[]) => unknown;

/** `tx[TRANSACTION]` is its transaction. perf: what a `WeakMap` would keep costs more to collect, 5 µs of a command. */
const TRANSACTION = Symbol('transaction');

/**
 * A transaction on a client of `pg`, or a savepoint in one. Repositories get `tx` and not the client, which serves other
 * transactions later.
 */
export class PgTransaction implements SqlExecutor {
  /** The client; its `query` refuses statements after the end of the transaction. One for each savepoint. */
  readonly tx: PgClient;
  private hasEnded = false;
  private latest: unknown;

  /** @param outer what this is a savepoint of */
  constructor(
    private readonly client: PgClient,
    private readonly outer?: PgTransaction,
  ) {
    this.tx = this.over(client, outer === undefined ? this.queryOf(client) : (client.query as Query));
  }

  /** @param tx of any library */
  static of(tx: object): PgTransaction | undefined {
    return (tx as { readonly [TRANSACTION]?: PgTransaction })[TRANSACTION];
  }

  /** For the engine of durable messages. */
  executeSql(text: string, values?: unknown[]): Promise<{ rows: unknown[] }> {
    return this.tx.query(text, values);
  }

  executeNamed(statement: NamedStatement, values?: unknown[]): Promise<{ rows: unknown[] }> {
    return this.tx.query(statement, values);
  }

  state(): TransactionState {
    return stateNow(this.client);
  }

  /** Statements are refused from now on; those of an ended savepoint belong to the outer one. */
  end(): void {
    this.hasEnded = true;
  }

  /** This one, or what its statements belong to after its end; undefined if that has ended too. */
  get open(): PgTransaction | undefined {
    const { outer } = this;
    if (outer === undefined) return this.hasEnded ? undefined : this;
    return this.hasEnded ? outer.open : outer.open && this;
  }

  /** The error of the statement that has failed, if one has: all that follow fail with code 25P02. */
  get failure(): unknown {
    return this.outer === undefined ? this.latest : this.outer.failure;
  }

  private queryOf(client: PgClient): Query {
    const query = client.query.bind(client) as Query;
    return (...args) => {
      if (this.hasEnded) return refusal(args);
      const result = query(...args);
      if (result instanceof Promise) result.catch(this.note);
      return result;
    };
  }

  private over(client: PgClient, query: Query): PgClient {
    return new Proxy(client, {
      get: (target, key) => {
        if (key === 'query') return query;
        if (key === TRANSACTION) return this;
        const value = (target as unknown as Record<string | symbol, unknown>)[key];
        return isFunction(value) ? value.bind(target) : value;
      },
    });
  }

  private readonly note = (error: unknown): void => {
    if ((error as { code?: unknown } | null)?.code !== '25P02') this.latest = error;
  };
}

/** A callback, and a query that is an object, are told at once. */
function refusal([query, ...rest]: readonly unknown[]): Promise<never> {
  const error = new CqrsException({
    code: 'CQRS_TRANSACTION_ENDED',
    what: 'Code that was left running sends a statement in a transaction that has ended: the connection may serve another one.',
    where: 'PgTransactionalAdapter',
    remedy: 'Await in the handler what it starts; or let that code send a command with @Transactional().',
  });
  const isToldAtOnce =
    isFunction((query as { submit?: unknown } | null | undefined)?.submit) || isFunction(rest.at(-1));
  if (isToldAtOnce) throw error;
  return Promise.reject(error);
}

const isFunction = (value: unknown): value is Query => typeof value === 'function';
