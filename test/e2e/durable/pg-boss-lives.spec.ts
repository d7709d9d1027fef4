import { jest } from '@jest/globals';
import { Pool } from 'pg';
import { pgBoss, type AnyPgBoss } from 'nestjs-cqrs/pg-boss';
import type { Delivery, DurableTransport, Outcome } from 'nestjs-cqrs/extension';
import { CuttingProxy } from '../../support/cutting-proxy.js';
import { newSchema, pgBosses } from '../../support/pg-bosses.js';
import { describeWithPostgres } from '../../support/postgres.js';
import { until } from '../../support/waiting.js';
import { postgresProtocol } from '../../support/wire-protocols.js';
import { dead, DONE, eventually, failed, jobOf, queueOf, retries } from './durable-runs.js';

jest.setTimeout(60_000);

/** The statements that store an outcome. */
const KINDS = {
  complete: /^\s*UPDATE \S+ SET state = 'completed'/,
  completeAll: /^\s*UPDATE \S+ j SET state = 'completed'/,
  retry: /^\s*UPDATE \S+ SET state = 'retry', output/,
  bury: /^\s*UPDATE \S+ SET state = 'failed'/,
};

const kindOf = (sql: string): string | undefined =>
  Object.entries(KINDS).find(([, expression]) => expression.test(sql))?.[0];

describe.each(pgBosses)('on $title, an outcome that is stored again because its answer was lost', ({ make }) => {
  describeWithPostgres('and a later life of the same job', postgres => {
    const schema = newSchema();
    let pool: Pool;
    let proxy: CuttingProxy;
    /** Its line is cut; it looks once, so that it takes only the first life. */
    let first: DurableTransport;
    let second: DurableTransport;

    const open = (url: string, poll: number): DurableTransport =>
      pgBoss(make(url, schema) as AnyPgBoss, { lease: 60_000, poll });

    beforeAll(() => {
      pool = new Pool({ connectionString: postgres.url });
      pool.on('error', () => undefined);
    });
    beforeEach(async () => {
      const { hostname, port } = new URL(postgres.url);
      proxy = await CuttingProxy.start({ host: hostname, port: Number(port) }, postgresProtocol(kindOf));
      // Long enough for the later life to be taken before the outcome is stored again.
      first = open(`postgres://postgres@127.0.0.1:${proxy.port}/postgres`, 600);
      second = open(postgres.url, 50);
    }, 60_000);
    afterEach(async () => {
      await Promise.all([first.close(), second.close()]);
      proxy.close();
    }, 60_000);
    afterAll(() => pool.end());

    /** The first life, until its outcome is stored and the line is cut; the second one, which has begun. */
    const twoLives = async (kind: keyof typeof KINDS, outcome: Outcome, between: (id: string) => Promise<unknown>) => {
      const queue = queueOf(2);
      for (const transport of [first, second]) await transport.open([queue], () => undefined);
      const job = jobOf(queue, { id: 'the same', retry: retries(5, 60_000) });
      // Those that end in one turn share a statement.
      const jobs = kind === 'completeAll' ? [job, jobOf(queue)] : [job];
      await second.store(jobs);
      proxy.arm({ kind, occurrence: 1, side: 'after', what: 'line' });
      const inPool = { executeSql: (text: string, values: unknown[]) => pool.query(text, values) };
      const [before, after]: Delivery[][] = [[], []];
      let allBegan!: () => void;
      const began = new Promise<void>(resolve => (allBegan = resolve));
      let end!: (outcome: Outcome) => void;
      const ending = new Promise<Outcome>(resolve => (end = resolve));
      await first.work(queue, async delivery => {
        if (before!.push(delivery) === jobs.length) allBegan();
        await began;
        return outcome;
      });
      await until(() => proxy.isCut);
      await between(queue.name);
      await second.store([job]);
      await second.work(queue, delivery => {
        after!.push(delivery);
        return ending;
      });
      await until(() => after!.length === 1);
      await eventually(
        () => Promise.resolve(proxy.counts.get(kind)),
        count => count === 2,
      );
      // The answer to the second try has come when the worker has closed.
      await first.close();
      const { ready, delayed, active, dead: buried } = await second.inspect(queue.name);
      const isSettled = await before!.find(({ id }) => id === job.id)!.settleIn!(inPool);
      end(DONE);
      await eventually(
        () => second.inspect(queue.name),
        numbers => numbers.active === 0,
      );
      const { handledLastMinute } = await second.inspect(queue.name);
      return { ready, delayed, active, buried, isSettled, handledLastMinute, attempt: after![0]!.attempt };
    };

    const untouched = {
      ready: 0,
      delayed: 0,
      active: 1,
      buried: 0,
      isSettled: false,
      handledLastMinute: 1,
      attempt: 1,
    };

    it('does not bury a dead letter that was redriven', async () => {
      const redrive = (queue: string) => second.deadLetters.redrive(queue, 'the same');
      expect(await twoLives('bury', dead(), redrive)).toEqual(untouched);
    });

    it('does not bury a message that is stored again after its dead letter was discarded', async () => {
      const discard = (queue: string) => second.deadLetters.discard(queue, 'the same');
      expect(await twoLives('bury', dead(), discard)).toEqual(untouched);
    });

    it.each([
      ['complete', DONE],
      ['completeAll', DONE],
      ['retry', failed()],
    ] as const)('does not %s where a message is stored again after the first was deleted', async (kind, outcome) => {
      const remove = () => pool.query(`DELETE FROM ${schema}.job`);
      expect(await twoLives(kind, outcome, remove)).toEqual(untouched);
    });
  });
});
