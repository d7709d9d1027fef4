import type { NamedStatement } from './pg-client.js';

/** Runs SQL within a transaction. Parameters are `$1`, `$2` … */
export interface SqlExecutor {
  executeSql(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>;
  /** The same with a statement that PostgreSQL plans once for each connection. Without it, `executeSql` gets the text. */
  executeNamed?(statement: NamedStatement, values?: unknown[]): Promise<{ rows: unknown[] }>;
  /** Whether it is open, a statement in it has failed, or a statement has ended it, where the client knows. */
  state?(): TransactionState;
}

/** `busy`: the server has not yet said how the last statement left it. A failure is told before that. */
export type TransactionState = 'open' | 'failed' | 'ended' | 'busy';

/** Of `pg`, and of PGlite. */
interface Client {
  query(statement: string | NamedStatement, values?: unknown[]): Promise<{ rows: unknown[] }>;
  /** Of `pg` since 8.17: `E` where a statement of the transaction has failed, `I` outside of one. */
  getTransactionStatus?(): string | null;
  /** Of `pg`: false while a statement runs, and after its failure until the server has told the status. */
  readonly readyForQuery?: boolean;
}

/** What the transactions of libraries have that tells them apart. */
interface AnyTransaction extends Partial<SqlExecutor>, Partial<Client> {
  /** Of an `EntityManager` of TypeORM. With `true` it gives rows of each kind of statement in one form. */
  readonly queryRunner?: {
    query(text: string, values: unknown[] | undefined, structured: true): Promise<{ records?: unknown[] }>;
    /** On PostgreSQL, the client of `pg`. */
    readonly databaseConnection?: Partial<Client>;
  };
  /** Of Prisma. */
  $queryRawUnsafe?(text: string, ...values: unknown[]): Promise<unknown[]>;
  /** Of Drizzle over `pg`, PGlite and postgres.js. */
  readonly _?: { readonly session?: { readonly client?: Partial<Client> & Partial<PostgresJs> } };
}

/** Of postgres.js. */
interface PostgresJs {
  unsafe(text: string, values?: unknown[]): Promise<unknown[]>;
}

/** @returns the transaction itself if its library is not known: the engine of durable messages says whether it will do */
export function executorOf(transaction: object): object {
  const given = transaction as AnyTransaction;
  if (given.executeSql !== undefined) return transaction;
  const { queryRunner, $queryRawUnsafe, _ } = given;
  if (queryRunner !== undefined)
    return {
      ...executor(async (text, values) => (await queryRunner.query(text, values, true)).records ?? []),
      ...stateOf(queryRunner.databaseConnection),
    };
  if ($queryRawUnsafe !== undefined)
    return executor((text, values = []) => $queryRawUnsafe.call(transaction, text, ...values));
  const client = _?.session?.client ?? given;
  if (client.query !== undefined) return { ...executorOfClient(client as Client), ...stateOf(client) };
  const { unsafe } = client as Partial<PostgresJs>;
  return unsafe === undefined ? transaction : executor((text, values) => unsafe.call(client, text, values));
}

const STATES: Readonly<Record<string, TransactionState>> = { E: 'failed', I: 'ended' };

/** @returns nothing where the client does not know */
const stateOf = (client: Partial<Client> | undefined): Pick<SqlExecutor, 'state'> =>
  typeof client?.getTransactionStatus === 'function' ? { state: () => stateNow(client) } : {};

/** @returns `busy` where the client does not know */
export const stateNow = (client: Partial<Client>): TransactionState =>
  client.readyForQuery === false || typeof client.getTransactionStatus !== 'function'
    ? 'busy'
    : (STATES[client.getTransactionStatus() ?? ''] ?? 'open');

const executorOfClient = (client: Client): SqlExecutor => ({
  executeSql: async (text, values) => client.query(text, values),
  // Another library has no named statements.
  ...(typeof client.getTransactionStatus === 'function' && {
    executeNamed: async (statement, values) => client.query(statement, values),
  }),
});

const executor = (rows: (text: string, values?: unknown[]) => Promise<unknown[]>): SqlExecutor => ({
  executeSql: async (text, values) => ({ rows: await rows(text, values) }),
});
