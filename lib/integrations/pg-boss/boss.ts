import { CqrsException } from '../../extension.js';
import { invalid } from './options.js';

/** A statement that PostgreSQL plans once for each connection. */
export interface NamedStatement {
  readonly name: string;
  readonly text: string;
}

/** What runs SQL: the database of a boss, or a transaction of the user. */
export interface Sql {
  executeSql(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>;
  /** Without it, `executeSql` gets the text. */
  executeNamed?(statement: NamedStatement, values?: unknown[]): Promise<{ rows: unknown[] }>;
}

/** What this adapter uses of a `PgBoss`, of both majors. Their types differ; nothing of pg-boss is imported. */
export interface AnyPgBoss {
  start(): Promise<unknown>;
  stop(options?: { graceful?: boolean; timeout?: number }): Promise<void>;
  on(event: 'error', listener: (error: Error) => void): unknown;
  listenerCount(event: 'error'): number;
  getDb(): { executeSql(text: string, values?: unknown[]): Promise<{ rows: unknown[] }> };
  createQueue(name: string, options: { name: string; policy: 'standard' }): Promise<void>;
  getQueue(name: string): Promise<{ policy?: string } | null>;
  fetch(name: string, options: { batchSize: number; includeMetadata: true }): Promise<object[]>;
  schedule(name: string, cron: string, data: object, options: { tz: string }): Promise<void>;
  unschedule(name: string): Promise<void>;
}

/** A boss of which the adapter knows what it can do. */
export interface KnownBoss {
  readonly boss: AnyPgBoss;
  readonly major: 10 | 12;
  readonly schema: string;
}

/**
 * @throws CqrsException (code CQRS_INVALID_OPTIONS) for another object, another major, or where the schema is not known
 */
export function knownBoss(boss: AnyPgBoss, schema: string | undefined): KnownBoss {
  const has = (name: string) => typeof (boss as unknown as Record<string, unknown> | undefined)?.[name] === 'function';
  // 10 has its maintenance on the boss, 12 finds jobs; 11 has neither.
  const major = has('findJobs') ? 12 : has('maintain') && has('archive') ? 10 : undefined;
  if (major === undefined || !has('getDb') || !has('fetch'))
    throw invalid('The first argument is not a PgBoss of version 10 or 12.', 'Give it `new PgBoss(…)`.');
  const configured = schema ?? (boss.getDb() as { config?: { schema?: unknown } }).config?.schema;
  if (typeof configured !== 'string')
    throw invalid('The schema of a boss with a `db` of your own is not known.', 'Say it: pgBoss(boss, { schema }).');
  return { boss, major, schema: configured };
}

/** What a transaction may be. */
interface GivenTransaction extends Sql {
  query(statement: string | NamedStatement, values?: unknown[]): unknown;
  /** Of clients of pg since 8.17: `I` outside of a transaction, `E` where a statement has failed in it. */
  getTransactionStatus(): string | null;
}

/**
 * @param transaction with `executeSql(text, values)`, which is trusted to run in a transaction, or a client of `pg`
 * @throws CqrsException (code CQRS_INVALID_OPTIONS) for anything else, and where the client is in no transaction
 */
export function sqlOf(transaction: unknown): Sql {
  const given = transaction as Partial<GivenTransaction> | null;
  if (typeof given?.executeSql === 'function') return seeingTables(given as Sql);
  const isPool = typeof given === 'object' && given !== null && 'idleCount' in given;
  if (typeof given?.query !== 'function' || isPool)
    throw unusable(
      isPool
        ? 'A pool of pg is not a transaction: each statement may run on another client.'
        : 'pg-boss cannot use this transaction.',
    );
  if (given.getTransactionStatus?.() === 'I') throw unusable('The transaction has not begun, or has ended.');
  const query = async (statement: string | NamedStatement, values?: unknown[]) =>
    (await given.query!(statement, values)) as { rows: unknown[] };
  // Another library has no named statements.
  return seeingTables({ executeSql: query, ...(given.getTransactionStatus !== undefined && { executeNamed: query }) });
}

const UNDEFINED_TABLE = '42P01';

/** The boss has made its tables before: a transaction that does not see them is one of another database. */
const seeingTables = (sql: Sql): Sql => ({
  executeSql: (text, values) => seen(async () => sql.executeSql(text, values)),
  ...(typeof sql.executeNamed === 'function' && {
    executeNamed: (statement: NamedStatement, values?: unknown[]) =>
      seen(async () => sql.executeNamed!(statement, values)),
  }),
});

async function seen<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    const { code, cause } = error as { code?: unknown; cause?: { code?: unknown } };
    throw code === UNDEFINED_TABLE || cause?.code === UNDEFINED_TABLE ? onAnotherDatabase(error) : error;
  }
}

const onAnotherDatabase = (cause: unknown): CqrsException =>
  new CqrsException({
    code: 'CQRS_NO_TRANSACTION',
    what: 'The tables of pg-boss are not on the database of the transaction, so that cannot store messages.',
    where: 'pgBoss()',
    remedy: 'Give the boss the database of your transactions, as its connectionString.',
    cause,
  });

const unusable = (what: string): CqrsException =>
  new CqrsException({
    code: 'CQRS_INVALID_OPTIONS',
    what,
    where: 'transaction',
    remedy:
      'Give the client of pg that has run BEGIN, or an object whose executeSql(text, values) runs in the transaction.',
  });
