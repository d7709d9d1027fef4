import { CqrsException, type IdempotentDispatch, type ResultStore } from '../../extension.js';
import { checkNames } from './option-names.js';
import { sqlOf, takeLock } from './pg-lock.js';
import type { SqlExecutor } from './sql-executor.js';

/** Options of `PgResults`. */
export interface PgResultsOptions {
  /** The table, with its schema or without, in small letters: `results`, `app.results`. Default: `cqrs_results`. */
  readonly table?: string;
}

const NAME = /^([a-z_][a-z0-9_]{0,49}\.)?[a-z_][a-z0-9_]{0,49}$/;

const WHERE = 'new PgResults()';

/** Old rows are deleted at most this often by one process, in milliseconds. */
const SWEEP = 60_000;

const UNDEFINED_TABLE = '42P01';

/** At a time, so that no message waits long. */
const MOST = 1_000;

/**
 * Results of `@Idempotent` in a table of PostgreSQL, for all processes on the database. A result is written in the
 * transaction of its message, and committed with the effect. For
 * `CqrsModule.forRoot({ policies: { results: new PgResults() } })`.
 */
export class PgResults implements ResultStore {
  /** What the store expects of the unit of work. */
  readonly place = 'in-transaction';
  /** Creates the table and its index, unless they are there. For migrations. */
  readonly sql: string;

  private readonly table: string;
  private nextSweep = 0;

  /** @throws CqrsException (code CQRS_INVALID_OPTIONS) for another name, and other options */
  constructor(options: PgResultsOptions = {}) {
    checkNames(options, ['table'], WHERE);
    const { table = 'cqrs_results' } = options;
    if (typeof table !== 'string' || !NAME.test(table)) throw invalidTable(table);
    this.table = table;
    this.sql = `CREATE TABLE IF NOT EXISTS ${table} (
  name text NOT NULL,
  key text NOT NULL,
  result json,
  stored_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (name, key)
);
CREATE INDEX IF NOT EXISTS ${table.split('.').at(-1)!}_expire ON ${table} (expires_at);`;
  }

  /**
   * Creates the table unless it is there; several processes may call it at once.
   * @param database a pool or a client of `pg`, or what the adapter of your library gives as a transaction
   */
  async createTable(database: object): Promise<void> {
    await sqlOf(database, WHERE).executeSql(`DO $$ BEGIN
PERFORM pg_advisory_xact_lock(hashtextextended('cqrs ${this.table}', 0));
${this.sql}
END $$`);
  }

  /**
   * Deletes all results whose time is over. Each process also deletes some when it stores one, once a minute.
   * @param database as for `createTable()`
   * @returns how many
   */
  async deleteExpired(database: object): Promise<number> {
    const sql = sqlOf(database, WHERE);
    for (let all = 0; ;) {
      const deleted = await this.deleteSome(sql);
      all += deleted;
      if (deleted < MOST) return all;
    }
  }

  /** See `ResultStore`. */
  async once(dispatch: IdempotentDispatch, work: () => Promise<unknown>): Promise<unknown> {
    const { name, key, keep, signal, transaction } = dispatch;
    const sql = sqlOf(transaction, WHERE);
    await takeLock(sql, ['cqrs', 'idempotent', this.table, name, key], signal);
    // A statement of its own: it must see what was committed while the lock was awaited.
    const { rows } = await this.found(
      sql.executeSql(
        `SELECT result::text AS result FROM ${this.table} WHERE name = $1 AND key = $2 AND expires_at > clock_timestamp()`,
        [name, key],
      ),
    );
    const [stored] = rows as { result: string | null }[];
    if (stored !== undefined) return stored.result === null ? undefined : dispatch.fromJSON(JSON.parse(stored.result));
    const result = await work();
    const json = result === undefined ? null : JSON.stringify(dispatch.toJSON(result));
    await sql.executeSql(
      `INSERT INTO ${this.table} (name, key, result, stored_at, expires_at)
       VALUES ($1, $2, $3::json, statement_timestamp(), statement_timestamp() + $4::float8 * interval '1 millisecond')
       ON CONFLICT (name, key) DO UPDATE
       SET result = excluded.result, stored_at = excluded.stored_at, expires_at = excluded.expires_at`,
      [name, key, json, keep],
    );
    await this.sweep(sql);
    return result;
  }

  /** @throws (rejects) CqrsException (CQRS_INVALID_OPTIONS) if the table is not there */
  private async found<R>(reading: Promise<R>): Promise<R> {
    try {
      return await reading;
    } catch (error) {
      const { code, cause } = error as { code?: unknown; cause?: { code?: unknown } };
      throw code === UNDEFINED_TABLE || cause?.code === UNDEFINED_TABLE ? withoutTable(this.table, error) : error;
    }
  }

  private async sweep(sql: SqlExecutor): Promise<void> {
    const now = performance.now();
    if (now < this.nextSweep) return;
    this.nextSweep = now + SWEEP;
    await this.deleteSome(sql);
  }

  /** Waits for no other transaction. */
  private async deleteSome(sql: SqlExecutor): Promise<number> {
    const { rows } = await sql.executeSql(
      `DELETE FROM ${this.table} WHERE (name, key) IN (
         SELECT name, key FROM ${this.table} WHERE expires_at <= clock_timestamp() LIMIT ${MOST} FOR UPDATE SKIP LOCKED
       ) RETURNING 1 AS deleted`,
    );
    return rows.length;
  }
}

const invalidTable = (table: unknown): CqrsException =>
  new CqrsException({
    code: 'CQRS_INVALID_OPTIONS',
    what: `The name of a table has small letters, digits and _, and may have a schema before it, unlike ${JSON.stringify(table) ?? typeof table}.`,
    where: WHERE,
    remedy: "Write { table: 'results' } or { table: 'app.results' }.",
  });

const withoutTable = (table: string, cause: unknown): CqrsException =>
  new CqrsException({
    code: 'CQRS_INVALID_OPTIONS',
    what: `The table ${table}, in which @Idempotent keeps results, does not exist.`,
    where: WHERE,
    remedy: 'Call createTable() of the PgResults at startup, or run its sql in a migration.',
    cause,
  });
