import { join } from 'node:path';
import { Pool } from 'pg';
import { newSchema } from '../../support/pg-bosses.js';
import { describeWithPostgres } from '../../support/postgres.js';
import { answerOf } from '../../support/program.js';
import { until } from '../../support/waiting.js';

const KILLS = 3;

interface Told {
  readonly done: string[];
  readonly failed: string[];
  /** After the commit, in memory. */
  readonly handled: string[];
}

describeWithPostgres(
  'PostgreSQL that is killed while transactional commands run',
  postgres => {
    it(`${KILLS} times: each command is there with all that it stored, or not at all, and work goes on`, async () => {
      const schema = newSchema();
      const pool = new Pool({ connectionString: postgres.url, options: `-c search_path=${schema}` });
      pool.on('error', () => undefined);
      const all = async (table: string) =>
        (await pool.query<{ id: string }>(`SELECT id FROM ${table}`)).rows.map(({ id }) => id).toSorted();
      await pool.query(`CREATE SCHEMA ${schema}`);
      await pool.query('CREATE TABLE rows (id text); CREATE TABLE effects (id text); CREATE TABLE stop (id text)');
      const program = join(import.meta.dirname, 'server-killed-program.ts');
      const ended = answerOf<Told>(program, [postgres.url, schema]);
      const more = async () => {
        const before = await all('rows');
        await until(async () => (await all('rows')).length > before.length + 50);
      };
      await more();
      for (let i = 0; i < KILLS; i++) {
        await postgres.kill();
        await postgres.startAgain();
        await more();
      }
      await pool.query("INSERT INTO stop VALUES ('now')");
      const { done, failed, handled } = await ended;
      const rows = await all('rows');
      expect(await all('effects')).toEqual(rows.flatMap(id => [`${id} event`, `${id} work`]));
      expect(handled.toSorted()).toEqual(done.toSorted());
      // The answer to a commit may be lost, and what it committed is not.
      const asked = new Set([...done, ...failed]);
      expect(rows.filter(id => !asked.has(id))).toEqual([]);
      const kept = new Set(rows);
      expect(done.filter(id => !kept.has(id))).toEqual([]);
      expect(failed.length).toBeGreaterThan(KILLS);
      await pool.end();
    }, 180_000);
  },
  { restarts: true },
);
