import { jest } from '@jest/globals';
import { pgBoss } from 'nestjs-cqrs/pg-boss';
import type { DurableTransport, Job } from 'nestjs-cqrs/extension';
import { newSchema, pgBosses } from '../../support/pg-bosses.js';
import { describeWithPostgres } from '../../support/postgres.js';
import { jobOf, jobsOf, queueOf } from './durable-runs.js';

jest.setTimeout(60_000);

const deep = (depth: number): unknown => {
  let value: unknown = 'end';
  for (let i = 0; i < depth; i++) value = [value];
  return value;
};

const holding = (envelope: unknown): Partial<Job> => ({ data: { kind: 'event', envelope, enqueuedAt: 1 } });

describe.each(pgBosses)('calls of one turn that share statements of $title', ({ make }) => {
  describeWithPostgres('on a PostgreSQL', postgres => {
    const queue = queueOf();
    /** Characters of the parameters of each statement that stores. */
    const statements: number[] = [];
    let transport: DurableTransport;

    beforeAll(async () => {
      // PostgreSQL refuses what is deeper than its stack: as little as it lets one set.
      const boss = make(`${postgres.url}?options=-c%20max_stack_depth%3D100kB`, newSchema());
      const database = boss.getDb();
      const execute = database.executeSql.bind(database);
      database.executeSql = (text, values = []) => {
        if (/^\s*(WITH clock|INSERT)/.test(text)) statements.push(String(values[0]).length);
        return execute(text, values);
      };
      transport = pgBoss(boss);
      await transport.open([queue], () => undefined);
    }, 60_000);
    beforeEach(() => void (statements.length = 0));
    afterAll(() => transport.close(), 60_000);

    const rejected = async (calls: readonly (readonly Job[])[]) => {
      const answers = await Promise.allSettled(calls.map(jobs => transport.store(jobs)));
      return answers.flatMap((answer, i) => (answer.status === 'rejected' ? [i] : []));
    };

    const isStored = async ({ id }: Job) => {
      const [{ isDuplicate } = {}] = await transport.store([jobOf(queue, { id })]);
      return isDuplicate;
    };

    it.each([
      ['of a queue that is not there', { queue: 'unknown' }],
      ['that is too deep', holding(deep(2500))],
      ['that is no JSON', holding(1n)],
    ])('are stored where one has a message %s', async (_, change) => {
      const calls = jobsOf(1000, queue).map(job => [job]);
      const odd = jobOf(queue, change);
      calls[617]!.push(odd);
      expect(await rejected(calls)).toEqual([617]);
      // Half of the calls, and half of these, and so on: not each apart.
      expect(statements.length).toBeLessThan(25);
      expect(await isStored(calls[616]![0]!)).toBe(true);
      // All of a call, or nothing.
      expect(await isStored(calls[617]![0]!)).toBe(false);
    });

    it('have statements of a million characters at most, unless one message is larger', async () => {
      const large = (size: number) => holding('x'.repeat(size));
      const calls = [...jobsOf(15, queue, large(200_000)), jobOf(queue, large(1_500_000)), ...jobsOf(1500, queue)];
      expect(await rejected(calls.map(job => [job]))).toEqual([]);
      const [largest, ...others] = statements.toSorted((a, b) => b - a);
      // That message alone; the columns of a message come on top.
      expect(largest).toBeGreaterThan(1_500_000);
      expect(largest).toBeLessThan(1_510_000);
      expect(others[0]).toBeLessThan(1_010_000);
      expect(others.length).toBeLessThan(8);
    });
  });
});
