import { join } from 'node:path';
import { Pool } from 'pg';
import { describeWithPostgres } from '../../support/postgres.js';
import { answerOf } from '../../support/program.js';

describeWithPostgres('docs/policies.md, over transactional()', postgres => {
  it('two processes with 1,000 commands of 100 requests at once: 100 effects, the same answers', async () => {
    const pool = new Pool({ connectionString: postgres.url });
    pool.on('error', () => undefined);
    await pool.query(
      'CREATE TABLE accounts AS SELECT i::text AS id, 100 AS cents FROM generate_series(0, 9) AS accounts (i)',
    );
    const program = join(import.meta.dirname, 'policies-program.ts');
    const [one, two] = await Promise.all([1, 2].map(() => answerOf<string[]>(program, [postgres.url])));
    expect(one).toHaveLength(100);
    expect(two).toEqual(one);
    const { rows } = await pool.query<{ cents: number }>('SELECT cents FROM accounts');
    expect(rows.map(({ cents }) => cents)).toEqual(Array.from({ length: 10 }, () => 90));
    await pool.end();
  }, 240_000);
});
