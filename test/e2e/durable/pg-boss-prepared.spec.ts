import { randomUUID } from 'node:crypto';
import { Client, Pool } from 'pg';
import type { Delivery, DurableTransport, Job, Outcome } from 'nestjs-cqrs/extension';
import { pgBoss, type AnyPgBoss, type PgBossOptions } from 'nestjs-cqrs/pg-boss';
import { newSchema, pgBosses } from '../../support/pg-bosses.js';
import { describeWithPostgres } from '../../support/postgres.js';
import { until } from '../../support/waiting.js';

const DONE: Outcome = { isDone: true };
const queue = { name: 'mail', concurrency: 1, isKeyed: false };

const newJob = (): Job => ({
  id: randomUUID(),
  queue: queue.name,
  data: { kind: 'command', envelope: { text: 'ünï' }, enqueuedAt: 1 },
  retry: { limit: 3, delay: 0, backoff: false, maxDelay: 0 },
});

describe.each(pgBosses)('the option prepare, with $title,', ({ make }) => {
  describeWithPostgres('on a PostgreSQL', postgres => {
    const closing: (() => Promise<unknown>)[] = [];
    const schema = newSchema();

    afterEach(async () => {
      for (const close of closing.splice(0).toReversed()) await close();
    }, 60_000);

    /** What the transports have told of their engine. */
    let told: string[];
    beforeEach(() => void (told = []));

    const open = async (boss: AnyPgBoss, options: PgBossOptions = { prepare: true }): Promise<DurableTransport> => {
      const transport = pgBoss(boss, { poll: 100, ...options });
      closing.push(() => transport.close());
      await transport.open([queue], (problem, error) => told.push(`${problem}: ${(error as Error).message}`));
      return transport;
    };

    const opened = (options?: PgBossOptions, where = schema) => open(make(postgres.url, where), options);

    const connected = async () => {
      const client = new Client({ connectionString: postgres.url });
      await client.connect();
      closing.push(() => client.end());
      return client;
    };

    /** How often each named statement of this connection has run. */
    const prepared = async (client: Client) => {
      const text = `SELECT generic_plans + custom_plans AS runs FROM pg_prepared_statements WHERE name LIKE 'nestjs-cqrs %'`;
      const { rows } = await client.query<{ runs: string }>(text);
      return rows.map(({ runs }) => Number(runs));
    };

    it('stores in a transaction with a statement that is planned once', async () => {
      const transport = await opened();
      const client = await connected();
      const jobs = [newJob(), newJob(), newJob()];
      await client.query('BEGIN');
      for (const job of jobs)
        expect(await transport.store([job], client)).toEqual([{ id: job.id, isDuplicate: false }]);
      expect(await transport.store([jobs[0]!], client)).toEqual([{ id: jobs[0]!.id, isDuplicate: true }]);
      expect(await prepared(client)).toEqual([4]);
      await client.query('ROLLBACK');
      await client.query('BEGIN');
      expect(await transport.store([jobs[0]!], client)).toEqual([{ id: jobs[0]!.id, isDuplicate: false }]);
      await client.query('COMMIT');
    }, 60_000);

    /** Commits, and gives how often each named statement has run. */
    const inTransaction = async (work: (client: Client) => Promise<void>) => {
      const client = await connected();
      await client.query('BEGIN');
      await work(client);
      const runs = await prepared(client);
      await client.query('COMMIT');
      return runs.toSorted();
    };

    it('shares a connection with another boss, and with one that does not prepare', async () => {
      const other = await opened({ prepare: true }, newSchema());
      const [transport, plain] = [await opened(), await opened({})];
      const runs = await inTransaction(async client => {
        for (const one of [transport, other, plain, transport, other, plain]) await one.store([newJob()], client);
      });
      expect(runs).toEqual([2, 2]);
    }, 60_000);

    it('gives a transaction that runs SQL itself what its contract says, a text and values', async () => {
      const transport = await opened();
      const job = newJob();
      const runs = await inTransaction(async client => {
        // pg takes a third argument for a callback.
        const executeSql = client.query.bind(client) as never;
        expect(await transport.store([job], { executeSql })).toEqual([{ id: job.id, isDuplicate: false }]);
      });
      expect(runs).toEqual([]);
    }, 60_000);

    it('is over where a connection has forgotten its statements: told once, and only a transaction fails', async () => {
      const transport = await opened();
      const client = await connected();
      await client.query('BEGIN');
      await transport.store([newJob()], client);
      await client.query('COMMIT');
      await client.query('DISCARD ALL');
      await client.query('BEGIN');
      // Invalid SQL statement name.
      await expect(transport.store([newJob()], client)).rejects.toMatchObject({ code: '26000' });
      await client.query('ROLLBACK');
      await client.query('BEGIN');
      expect(await transport.store([newJob()], client)).toHaveLength(1);
      expect(await prepared(client)).toEqual([]);
      await client.query('COMMIT');
      expect(told).toEqual([
        expect.stringMatching(
          /^A connection has lost a prepared statement: from now on none is prepared\. Set prepare: false: prepared statement "nestjs-cqrs \w+" does not exist$/,
        ),
      ]);
    }, 60_000);

    /** With one connection, which tests can reach. */
    const narrow = (): AnyPgBoss => {
      const boss = make(postgres.url, schema);
      Object.assign((boss.getDb() as { config?: object }).config!, { max: 1, idleTimeoutMillis: 0 });
      return boss;
    };

    it('loses no message where the connection of the boss has forgotten its statements, as behind a pooler', async () => {
      const boss = narrow();
      const transport = await open(boss);
      await transport.store([newJob()]);
      await boss.getDb().executeSql('DEALLOCATE ALL');
      const job = newJob();
      expect(await transport.store([job])).toEqual([{ id: job.id, isDuplicate: false }]);
      expect(await transport.store([job])).toEqual([{ id: job.id, isDuplicate: true }]);
      expect(told).toEqual([expect.stringContaining('A connection has lost a prepared statement')]);
    }, 60_000);

    it('loses no message where a connection has the statements of another process, as behind a pooler', async () => {
      const client = await connected();
      await client.query('BEGIN');
      await (await opened()).store([newJob()], client);
      const { rows } = await client.query<{ name: string }>('SELECT name FROM pg_prepared_statements');
      await client.query('COMMIT');
      const boss = narrow();
      const transport = await open(boss);
      await boss.getDb().executeSql(`PREPARE "${rows[0]!.name}" AS SELECT 1`);
      const job = newJob();
      expect(await transport.store([job])).toEqual([{ id: job.id, isDuplicate: false }]);
      expect(told).toEqual([expect.stringMatching(/prepared statement "nestjs-cqrs \w+" already exists$/)]);
    }, 60_000);

    it('goes on in a transaction where a statement has failed after a savepoint', async () => {
      const transport = await opened();
      const client = await connected();
      await client.query('BEGIN; SAVEPOINT one');
      await expect(client.query('SELECT 1 / 0')).rejects.toThrow('division by zero');
      await expect(transport.store([newJob()], client)).rejects.toMatchObject({ code: '25P02' });
      await client.query('ROLLBACK TO SAVEPOINT one');
      await transport.store([newJob()], client);
      await client.query('ROLLBACK TO SAVEPOINT one');
      await transport.store([newJob()], client);
      expect(await prepared(client)).toEqual([2]);
      await client.query('COMMIT');
    }, 60_000);

    it('goes on after its table has changed, and on new connections', async () => {
      const transport = await opened();
      const pool = new Pool({ connectionString: postgres.url });
      closing.push(() => pool.end());
      await transport.store([newJob()]);
      await pool.query(`ALTER TABLE ${schema}.job ADD COLUMN later text`);
      expect(await transport.store([newJob()])).toHaveLength(1);
      await pool.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%${schema}%' AND pid <> pg_backend_pid()`,
      );
      await until(() =>
        transport.store([newJob()]).then(
          stored => stored.length === 1,
          () => false,
        ),
      );
      await pool.query(`ALTER TABLE ${schema}.job DROP COLUMN later`);
    }, 60_000);

    it('handles and completes what it has stored, one by one', async () => {
      const transport = await opened();
      const pool = new Pool({ connectionString: postgres.url });
      closing.push(() => pool.end());
      await pool.query(`DELETE FROM ${schema}.job`);
      const jobs = Array.from({ length: 20 }, newJob);
      for (const job of jobs) await transport.store([job]);
      const deliveries: Delivery[] = [];
      await transport.work(queue, async delivery => {
        deliveries.push(delivery);
        return deliveries.length === 1 ? { isDone: false, error: { name: 'E', message: 'm' }, isDead: false } : DONE;
      });
      const isCompleted = async () => {
        const { rowCount } = await pool.query(`SELECT 1 FROM ${schema}.job WHERE state = 'completed'`);
        return rowCount === jobs.length;
      };
      await until(isCompleted);
      expect(deliveries).toHaveLength(21);
      expect(new Set(deliveries.map(({ id }) => id))).toEqual(new Set(jobs.map(({ id }) => id)));
    }, 60_000);
  });
});
