import { Pool } from 'pg';
import { lockStoreConformance, resultStoreConformance } from 'nestjs-cqrs/testing';
// Jest cannot load nestjs-cls, which the index of nestjs-cqrs/transactional imports.
import { PgLocks } from '../../../lib/integrations/transactional/pg-locks.js';
import { PgResults } from '../../../lib/integrations/transactional/pg-results.js';
import { newSchema } from '../../support/pg-bosses.js';
import { describeWithPostgres } from '../../support/postgres.js';
import { PgTransactions } from '../transactions/pg-transactions.js';
import { testCases } from '../../support/conformance-cases.js';

describeWithPostgres('Stores of policies in PostgreSQL', postgres => {
  const schema = newSchema();
  const table = `${schema}.results`;
  let pool: Pool;

  beforeAll(async () => {
    pool = new Pool({ connectionString: postgres.url, max: 30 });
    pool.on('error', () => undefined);
    await pool.query(`CREATE SCHEMA ${schema}`);
    await new PgResults({ table }).createTable(pool);
  }, 60_000);
  afterAll(() => pool.end());

  const transaction = <R>(work: (transaction: unknown) => Promise<R>): Promise<R> => {
    const transactions = new PgTransactions(pool);
    return transactions.run(() => work(transactions.current()));
  };

  // #region conformance
  const results = resultStoreConformance({
    name: 'PgResults',
    isShared: true,
    store: () => new PgResults({ table }),
    transaction, // runs work in a transaction, and gives that to it
  });

  describe('PgResults conforms', () => {
    for (const { name, skipped, run } of results.cases) (skipped === undefined ? it : it.skip)(name, run, 60_000);
  });
  // #endregion

  describe('PgLocks conforms', () => {
    testCases(lockStoreConformance({ name: 'PgLocks', isShared: true, store: () => new PgLocks(), transaction }));
  });
});
