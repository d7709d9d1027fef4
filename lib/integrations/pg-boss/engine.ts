import { createHash } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { AnyPgBoss, KnownBoss, NamedStatement, Sql } from './boss.js';
import { statements, type Statements } from './statements.js';
import type { FetchedJob } from './stored-job.js';

/** Tells a failure of the engine. */
export type Report = (problem: string, error: unknown) => void;

const DEADLOCK = '40P01';
const UNIQUE_VIOLATION = '23505';

/** Failures that follow one another within this time, in milliseconds, are one outage: not all connections end at once. */
const ONE_OUTAGE = 5000;

/** Options of pg, in milliseconds, unless the boss has others: a connection whose other end is gone is ended. */
const ALIVE = { keepAlive: true, keepAliveInitialDelayMillis: 10_000, connectionTimeoutMillis: 10_000 };

/** How often a queue is tried to be made, and at most how long after a failure, in milliseconds. */
const TRIES = 10;
const PAUSE = 500;

/**
 * A statement is not there by its name, or is there already: the connection has forgotten it, or is not the one that the
 * process believes it to be.
 */
const LOST_STATEMENT = new Set<unknown>(['26000', '42P05']);

/** Those that take longer to plan than to run. */
const OF_ONE_JOB = ['storeOne', 'complete'] as const satisfies readonly (keyof Statements)[];

/** Its name on a connection, which another version or another boss may share. */
const nameOf = (text: string): string => `nestjs-cqrs ${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;

interface AnyDatabase {
  readonly opened?: boolean;
  readonly config?: object;
  /** Of the database that pg-boss makes: version 10, and 12. One of the user's own may take texts only. */
  readonly isOurs?: boolean;
  readonly _pgbdb?: boolean;
  executeSql(statement: string | NamedStatement, values: unknown[]): Promise<{ rows: unknown[] } | undefined>;
}

/** The boss, its SQL, and whether it can be reached. */
export class Engine implements Sql {
  readonly major: 10 | 12;
  private readonly boss: AnyPgBoss;
  private readonly statements: Statements;
  /** Whose last statement has failed. */
  private readonly failing = new Set<object>();
  private lastFailure = -Infinity;
  private report: Report = () => undefined;
  private starting: Promise<void> | undefined;
  private isOwn = false;
  /** Of the statements that are planned once for each connection. None any more once one was lost. */
  private names: ReadonlyMap<keyof Statements, string> | undefined;

  /** @param prepares whether PostgreSQL plans the statements of one job once for each connection */
  constructor({ boss, major, schema }: KnownBoss, prepares = false) {
    this.boss = boss;
    this.major = major;
    this.statements = statements(schema, major);
    if (prepares) this.names = new Map(OF_ONE_JOB.map(name => [name, nameOf(this.statements[name])]));
  }

  /** Starts the boss, unless the user has. */
  async start(report: Report): Promise<void> {
    this.report = report;
    this.starting ??= this.startBoss();
    try {
      await this.starting;
    } catch (error) {
      // A boss of version 10 stays half started, and would answer the second start with success.
      if (this.major === 12) this.starting = undefined;
      throw error;
    }
  }

  private async startBoss(): Promise<void> {
    // Without a listener, an error of an idle connection would end the process.
    if (this.boss.listenerCount('error') === 0) this.boss.on('error', error => this.failed(this, error));
    const database = this.boss.getDb() as AnyDatabase;
    this.isOwn = database.opened !== true;
    // Else a worker would wait for ever where the other end has gone without a word.
    if (this.isOwn && database.config !== undefined) Object.assign(database.config, { ...ALIVE, ...database.config });
    await this.boss.start();
  }

  /** Stops the boss if `start` has started it. */
  async stop(): Promise<void> {
    if (!this.isOwn) return;
    this.isOwn = false;
    this.starting = undefined;
    try {
      await this.boss.stop({ graceful: true, timeout: 5000 });
    } catch (error) {
      this.failed(this, error);
    }
  }

  executeSql(text: string, values: unknown[]): Promise<{ rows: unknown[] }> {
    return this.execute(this.boss.getDb() as AnyDatabase, text, values);
  }

  executeNamed(statement: NamedStatement, values: unknown[]): Promise<{ rows: unknown[] }> {
    const database = this.boss.getDb() as AnyDatabase;
    // That of pg-boss gives it to a pool of pg as it is.
    const takesNames = database.isOurs === true || database._pgbdb === true;
    return this.execute(database, takesNames ? statement : statement.text, values);
  }

  private async execute(database: AnyDatabase, statement: string | NamedStatement, values: unknown[]) {
    const result = await database.executeSql(statement, values);
    if (result === undefined) throw new Error('pg-boss is stopped');
    return result;
  }

  /** @returns the rows */
  async run<Row>(statement: keyof Statements, values: unknown[], sql: Sql = this): Promise<Row[]> {
    const text = this.statements[statement];
    const name = this.names?.get(statement);
    const { rows } = await (name === undefined || sql.executeNamed === undefined
      ? sql.executeSql(text, values)
      : this.runNamed({ name, text }, values, sql));
    return rows as Row[];
  }

  private async runNamed(statement: NamedStatement, values: unknown[], sql: Sql): Promise<{ rows: unknown[] }> {
    try {
      return await sql.executeNamed!(statement, values);
    } catch (error) {
      if (!LOST_STATEMENT.has(codeOf(error))) throw error;
      if (this.names !== undefined)
        this.tell(
          'A connection has lost a prepared statement: from now on none is prepared. Set prepare: false',
          error,
        );
      this.names = undefined;
      // A transaction has failed with it.
      if (sql !== this) throw error;
      return this.executeSql(statement.text, values);
    }
  }

  /** @returns whether a row was changed */
  async change(statement: keyof Statements, values: unknown[], sql?: Sql): Promise<boolean> {
    return (await this.run(statement, values, sql)).length > 0;
  }

  /** In the order in which they were stored. */
  async fetch(queue: string, batchSize: number): Promise<readonly FetchedJob[]> {
    // perf: three quarters of the time of the statement of pg-boss 10, which is for all policies and gives 18 columns.
    const jobs = await (this.major === 10
      ? this.run<FetchedJob>('fetch', [queue, batchSize])
      : this.fetchOf12(queue, batchSize));
    return jobs.toSorted((a, b) => Number(a.createdOn) - Number(b.createdOn));
  }

  private async fetchOf12(queue: string, batchSize: number): Promise<readonly FetchedJob[]> {
    // Early versions answer with no jobs where the statement fails.
    let failure: unknown;
    const db: Sql = {
      executeSql: async (text, values = []) => {
        try {
          return await this.executeSql(text, values);
        } catch (error) {
          failure = error;
          throw error;
        }
      },
    };
    const options = { batchSize, includeMetadata: true, db } as const;
    const jobs = (await this.boss.fetch(queue, options)) as FetchedJob[];
    if (failure !== undefined && codeOf(failure) !== UNIQUE_VIOLATION) throw failure;
    return jobs;
  }

  /** @returns the policy that the queue has, which may be that of an earlier version */
  async makeQueue(name: string, policy: 'standard' | 'key_strict_fifo'): Promise<string | undefined> {
    for (let left = TRIES; ; left--)
      try {
        const known = await this.boss.getQueue(name);
        if (known !== null) return known.policy;
        // Version 12 makes one at a time by itself.
        if (this.major === 12) await this.boss.createQueue(name, { name, policy: policy as 'standard' });
        else await this.run('makeQueue', [name, policy]);
        return policy;
      } catch (error) {
        // A process makes its queues without this adapter; PostgreSQL ends one of two that wait for one another.
        if (left === 1 || codeOf(error) !== DEADLOCK) throw error;
        await setTimeout(Math.random() * PAUSE);
      }
  }

  async schedule(queue: string, cron: string, timeZone: string, data: object, options: object): Promise<void> {
    await this.boss.schedule(queue, cron, data, { tz: timeZone, ...options });
  }

  async unschedule(queue: string): Promise<void> {
    await this.boss.unschedule(queue);
  }

  tell(problem: string, error: unknown): void {
    this.report(problem, error);
  }

  /** Reports the first failure of an outage. */
  failed(source: object, error: unknown): void {
    const isKnown = this.failing.size > 0 || performance.now() - this.lastFailure < ONE_OUTAGE;
    this.failing.add(source);
    this.lastFailure = performance.now();
    if (!isKnown) this.tell('pg-boss cannot reach its database, and goes on trying', error);
  }

  answered(source: object): void {
    if (this.failing.size === 0) return;
    this.failing.delete(source);
    // Its own errors are told by events, and no event tells their end.
    this.failing.delete(this);
  }
}

const codeOf = (error: unknown): unknown => (error as { code?: unknown } | null)?.code;
