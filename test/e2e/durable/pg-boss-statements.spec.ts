import { randomUUID } from 'node:crypto';
import { Pool } from 'pg';
import type { Delivery, DurableTransport, Job } from 'nestjs-cqrs/extension';
import { pgBoss } from 'nestjs-cqrs/pg-boss';
import { newSchema, pgBosses } from '../../support/pg-bosses.js';
import { describeWithPostgres } from '../../support/postgres.js';
import { until } from '../../support/waiting.js';

const RETRY = { limit: 3, delay: 1500, backoff: true, maxDelay: 60_000 };

describe.each(pgBosses)('statements of the adapter for $title', ({ major, make }) => {
  describeWithPostgres('on a PostgreSQL', postgres => {
    const schema = newSchema();
    const queue = { name: 'mail', concurrency: 50, isKeyed: major === 12 };
    let transport: DurableTransport;
    let pool: Pool;

    beforeAll(async () => {
      pool = new Pool({ connectionString: postgres.url });
      pool.on('error', () => undefined);
      transport = pgBoss(make(postgres.url, schema), { lease: 5000, poll: 100 });
      await transport.open([queue], () => undefined);
    }, 60_000);

    afterAll(async () => {
      await transport.close();
      await pool.end();
    }, 60_000);

    const jobOf = (change: Partial<Job> = {}): Job => ({
      id: randomUUID(),
      queue: queue.name,
      data: { kind: 'command', envelope: { text: 'ünï' }, enqueuedAt: 1 },
      retry: RETRY,
      ...change,
    });

    /** The row of a job, without what differs from job to job. */
    const rowOf = async ({ id }: Job) => {
      const text = `
        SELECT to_jsonb(j) - ARRAY['id', 'created_on', 'start_after', 'keep_until', 'singleton_key'] AS row,
          CASE singleton_key WHEN j.id::text THEN 'own' ELSE singleton_key END AS key,
          round(extract(epoch FROM start_after - created_on))::int AS seconds,
          keep_until - created_on > interval '99 years' AS "isKept"
        FROM ${schema}.job j WHERE id = $1`;
      return (await pool.query(text, [id])).rows as unknown;
    };

    it.each([
      ['with the defaults', {}],
      ['with a delay', { delay: 3_600_000 }],
      ['without retries', { retry: { limit: 0, delay: 0, backoff: false, maxDelay: 0 } }],
      ['with letters that jsonb refuses', { data: { kind: 'event', envelope: 'a\0 \ud800', enqueuedAt: 1 } as const }],
      ['with a key', { key: 'account 1' }],
    ])('store a job %s in the same way alone and with another', async (_, change: Partial<Job>) => {
      const [alone, together] = [jobOf(change), jobOf(change)];
      expect(await transport.store([alone])).toEqual([{ id: alone.id, isDuplicate: false }]);
      await transport.store([together, jobOf()]);
      const row = await rowOf(alone);
      expect(row).toEqual([expect.objectContaining({ isKept: true })]);
      expect(await rowOf(together)).toEqual(row);
      expect(await transport.store([alone])).toEqual([{ id: alone.id, isDuplicate: true }]);
    });

    it('store a lone job for a given time', async () => {
      const at = new Date(Date.now() + 3_600_000);
      const job = jobOf({ at });
      await transport.store([job]);
      const { rows } = await pool.query(`SELECT start_after FROM ${schema}.job WHERE id = $1`, [job.id]);
      expect(rows).toEqual([{ start_after: at }]);
    });

    it('refuse a lone job of a queue that is not there', async () => {
      await expect(transport.store([jobOf({ queue: 'unknown' })])).rejects.toThrow(/foreign key|no partition/);
    });

    const fetchesInOrder = async () => {
      await pool.query(`DELETE FROM ${schema}.job`);
      const jobs = Array.from({ length: 50 }, () => jobOf());
      await transport.store(jobs);
      const deliveries: Delivery[] = [];
      await transport.work(queue, delivery => {
        deliveries.push(delivery);
        return Promise.resolve({ isDone: true });
      });
      await until(() => deliveries.length === 50);
      expect(deliveries.map(({ id }) => id)).toEqual(jobs.map(({ id }) => id));
      expect(deliveries[0]).toMatchObject({ attempt: 1, attempts: 4, data: jobs[0]!.data, lastFailure: undefined });
    };

    (major === 10 ? it : it.skip)('fetch jobs in the order in which they were stored', fetchesInOrder);
  });
});
