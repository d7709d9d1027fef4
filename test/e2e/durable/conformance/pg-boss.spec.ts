import { Pool } from 'pg';
import { pgBoss } from 'nestjs-cqrs/pg-boss';
import { durableConformance } from 'nestjs-cqrs/testing';
import { newSchema, pgBosses } from '../../../support/pg-bosses.js';
import { describeWithPostgres } from '../../../support/postgres.js';

const LEASE = 3000;
const LIMIT = 120_000;

describe.each(pgBosses)('durable messages over $title', ({ major, make }) => {
  describeWithPostgres(
    'conformance',
    postgres => {
      const schema = newSchema();
      let pool: Pool;

      beforeAll(() => {
        pool = new Pool({ connectionString: postgres.url });
        pool.on('error', () => undefined);
      });
      afterAll(() => pool.end());

      const { cases } = durableConformance({
        name: `pg-boss ${major}`,
        features: {
          transaction: true,
          settleInTransaction: true,
          keys: major === 12 ? 'ordered' : 'none',
          schedules: true,
          survivesRestart: true,
        },
        lease: LEASE,
        patience: 20_000,
        scheduleRun: 75_000,
        transport: () => Promise.resolve(pgBoss(make(postgres.url, schema), { lease: LEASE, poll: 200 })),
        async begin() {
          const transaction = await pool.connect();
          await transaction.query('BEGIN');
          const end = async (word: 'COMMIT' | 'ROLLBACK') => {
            await transaction.query(word);
            transaction.release();
          };
          return { transaction, commit: () => end('COMMIT'), rollback: () => end('ROLLBACK') };
        },
        async restart() {
          await postgres.kill();
          await postgres.startAgain();
        },
      });

      for (const { name, skipped, run } of cases) (skipped === undefined ? it : it.skip)(name, run, LIMIT);
    },
    { restarts: true },
  );
});
