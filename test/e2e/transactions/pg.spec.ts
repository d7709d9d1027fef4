import { Pool } from 'pg';
import { pgBoss } from 'nestjs-cqrs/pg-boss';
import { unitOfWorkConformance, type UnitOfWorkConformanceAdapter } from 'nestjs-cqrs/testing';
import { newSchema, pgBosses } from '../../support/pg-bosses.js';
import { describeWithPostgres } from '../../support/postgres.js';
import { PgTransactions } from './pg-transactions.js';

describeWithPostgres('Units of work over a pool of pg', postgres => {
  let pool: Pool;
  let transactions: PgTransactions;
  const schema = newSchema();
  const newBoss = () => pgBosses[0]!.make(postgres.url, `${schema}_boss`);

  beforeAll(async () => {
    pool = new Pool({ connectionString: postgres.url, max: 9, connectionTimeoutMillis: 10_000 });
    pool.on('error', () => undefined);
    await pool.query(`CREATE SCHEMA ${schema}; CREATE TABLE ${schema}.rows (text text PRIMARY KEY)`);
  }, 60_000);
  afterAll(() => pool.end());

  // #region adapter
  const adapter: UnitOfWorkConformanceAdapter = {
    name: 'pg',
    hasSavepoints: true,
    transactions: () => (transactions = new PgTransactions(pool)),
    insert: row => transactions.client.query(`INSERT INTO ${schema}.rows VALUES ($1) ON CONFLICT DO NOTHING`, [row]),
    fail: () => transactions.client.query('SELECT 1 / 0'),
    end: statement => transactions.client.query(statement),
    rows: async () => (await pool.query<{ text: string }>(`SELECT text FROM ${schema}.rows`)).rows.map(row => row.text),
    durable: () => pgBoss(newBoss(), { poll: 50 }),
  };
  // #endregion
  // #region conformance
  const { cases } = unitOfWorkConformance(adapter);
  for (const { name, skipped, run } of cases) (skipped === undefined ? it : it.skip)(name, run, 60_000);
  // #endregion
});
