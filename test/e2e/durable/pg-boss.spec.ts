import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { Client, Pool } from 'pg';
import type { Delivery, DurableTransport, Job, Outcome, QueueSpec } from 'nestjs-cqrs/extension';
import { type AnyPgBoss, pgBoss, type PgBossOptions } from 'nestjs-cqrs/pg-boss';
import { killed, saying } from '../../support/broker-process.js';
import { escaped } from '../../support/escaped-rejections.js';
import { newSchema, pgBosses } from '../../support/pg-bosses.js';
import { describeWithPostgres } from '../../support/postgres.js';
import { compileHook } from '../../support/program.js';
import { until } from '../../support/waiting.js';

jest.setTimeout(120_000);

const DONE: Outcome = { isDone: true };
const FAILURE = { name: 'DeclinedError', message: 'declined' };
const failed = (isDead: boolean): Outcome => ({ isDone: false, error: FAILURE, isDead });
const LEASE = 2000;

const queueOf = (change: Partial<QueueSpec> = {}): QueueSpec => ({
  name: `mail.${randomUUID()}`,
  concurrency: 4,
  isKeyed: false,
  ...change,
});

const jobOf = ({ name }: QueueSpec, change: Partial<Job> = {}): Job => ({
  id: randomUUID(),
  queue: name,
  data: { kind: 'command', envelope: { text: 'ünï' }, enqueuedAt: Date.now() },
  retry: { limit: 3, delay: 0, backoff: false, maxDelay: 0 },
  ...change,
});

const jobsOf = (count: number, queue: QueueSpec, change: Partial<Job> = {}): Job[] =>
  Array.from({ length: count }, () => jobOf(queue, change));

const holds = async (condition: () => Promise<boolean>): Promise<void> => {
  while (!(await condition())) await pause(20);
};

describe.each(pgBosses)('durable messages over $title', ({ major, make }) => {
  describeWithPostgres(
    'on a PostgreSQL that is killed',
    postgres => {
      const schema = newSchema();
      const opened = new Set<DurableTransport>();
      let pool: Pool;
      let reports: string[] = [];

      const open = async (queues: QueueSpec[], options: PgBossOptions = {}, boss = make(postgres.url, schema)) => {
        const transport = pgBoss(boss, { lease: LEASE, poll: 100, ...options });
        opened.add(transport);
        await transport.open(queues, (problem, error) => reports.push(`${problem}: ${String(error)}`));
        return transport;
      };

      /** Handles each job at once, or as the function says. */
      const work = async (
        transport: DurableTransport,
        queue: QueueSpec,
        handle: (delivery: Delivery) => Outcome | Promise<Outcome> = () => DONE,
      ) => {
        const deliveries: Delivery[] = [];
        await transport.work(queue, async delivery => {
          deliveries.push(delivery);
          return handle(delivery);
        });
        return deliveries;
      };

      const isDead = (transport: DurableTransport, { queue, id }: Job) =>
        holds(async () => (await transport.deadLetters.get(queue, id)) !== undefined);

      beforeAll(() => {
        pool = new Pool({ connectionString: postgres.url });
        pool.on('error', () => undefined);
      });
      beforeEach(() => (reports = []));
      afterEach(async () => {
        await Promise.all([...opened].map(transport => transport.close()));
        opened.clear();
        noneEscaped();
      });
      afterAll(() => pool.end());

      it('takes at once what this process stores', async () => {
        const queue = queueOf();
        const transport = await open([queue], { poll: 60_000 });
        const deliveries = await work(transport, queue);
        for (const job of jobsOf(3, queue)) {
          await transport.store([job]);
          await until(() => deliveries.some(({ id }) => id === job.id));
        }
        const client = await pool.connect();
        await client.query('BEGIN');
        const job = jobOf(queue, { id: 'in a transaction' });
        await transport.store([job], { executeSql: (text: string, values: unknown[]) => client.query(text, values) });
        await client.query('COMMIT');
        client.release();
        await until(() => deliveries.some(({ id }) => id === job.id));
        expect(deliveries).toHaveLength(4);
      });

      it('opens after a failure if the database is there then, with version 10 by another boss', async () => {
        const name = `late_${newSchema()}`;
        const late = new URL(`/${name}`, postgres.url).href;
        const boss = make(late, schema);
        await expect(open([], {}, boss)).rejects.toThrow(`database "${name}" does not exist`);
        const [failed] = opened;
        await pool.query(`CREATE DATABASE ${name}`);
        const again = failed!
          .open([queueOf()], () => undefined)
          .then(
            () => 'open',
            (error: Error) => error.message,
          );
        expect(await again).toContain(major === 12 ? 'open' : `database "${name}" does not exist`);
        if (major === 10) await open([queueOf()], {}, make(late, schema));
      });

      it('refuses what is stored when the user has stopped the boss', async () => {
        const queue = queueOf();
        const boss = make(postgres.url, schema);
        await boss.start();
        const transport = await open([queue], {}, boss);
        await boss.stop({ graceful: false });
        await expect(transport.store([jobOf(queue)])).rejects.toThrow(major === 10 ? 'pg-boss is stopped' : /./);
      });

      it('looks for jobs once per poll', async () => {
        const queue = queueOf();
        const boss = make(postgres.url, schema);
        const transport = await open([queue], { poll: 200, lease: 900_000 }, boss);
        const database = boss.getDb();
        const execute = database.executeSql.bind(database);
        let looks = 0;
        database.executeSql = (text, values) => {
          if (text.includes(`'active',`) || /state\s*=\s*'active'/.test(text)) looks++;
          return execute(text, values);
        };
        await work(transport, queue);
        const began = performance.now();
        await pause(1500);
        // And the one at the beginning, and one for leases that have ended.
        expect(looks).toBeLessThanOrEqual(Math.ceil((performance.now() - began) / 200) + 2);
        expect(looks).toBeGreaterThan(1);
      });

      it('opens the same queues in several processes at once', async () => {
        const queues = Array.from({ length: 8 }, () => queueOf());
        const fresh = newSchema();
        const orders = [queues, queues.toReversed(), queues, queues.toSorted(), queues.toReversed()];
        // The tables of pg-boss itself are there: processes that make them get into each other's way, and try again.
        await open([], {}, make(postgres.url, fresh));
        const failures: unknown[] = [];
        const watched = (boss: AnyPgBoss) => {
          const database = boss.getDb();
          const execute = database.executeSql.bind(database);
          database.executeSql = (text, values) =>
            execute(text, values).catch((error: unknown) => {
              failures.push(error);
              throw error;
            });
          return boss;
        };
        const opening = orders.map(all => open(all, {}, watched(make(postgres.url, fresh))));
        const transports = await Promise.all(opening);
        // pg-boss 10 by itself makes PostgreSQL end all but one of them, each after a second.
        expect(failures).toEqual([]);
        const stored = await transports[0]!.store(queues.map(queue => jobOf(queue)));
        expect(stored.filter(({ isDuplicate }) => isDuplicate)).toEqual([]);
      });

      it('refuses a transaction that it cannot use', async () => {
        const queue = queueOf();
        const transport = await open([queue]);
        const refused = expect.objectContaining({ code: 'CQRS_INVALID_OPTIONS' });
        await expect(transport.store([jobOf(queue)], {})).rejects.toEqual(refused);
        await expect(transport.store([jobOf(queue)], pool)).rejects.toEqual(refused);
      });

      it('says that a transaction is on another database', async () => {
        const queue = queueOf();
        const transport = await open([queue]);
        const other = new Client({
          connectionString: Object.assign(new URL(postgres.url), { pathname: 'template1' }).href,
        });
        await other.connect();
        await other.query('BEGIN');
        const storing = transport.store([jobOf(queue)], other);
        await expect(storing).rejects.toMatchObject({ code: 'CQRS_NO_TRANSACTION', where: 'pgBoss()' });
        await other.end();
      });

      it('refuses a transaction that has not begun, or has ended, and stores nothing', async () => {
        const queue = queueOf();
        const transport = await open([queue]);
        const client = await pool.connect();
        const store = () => transport.store([jobOf(queue)], client);
        const refused = expect.objectContaining({ code: 'CQRS_INVALID_OPTIONS', where: 'transaction' });
        try {
          await expect(store()).rejects.toEqual(refused);
          for (const end of ['COMMIT', 'ROLLBACK']) {
            await client.query('BEGIN');
            await store();
            await client.query(end);
            await expect(store()).rejects.toEqual(refused);
          }
        } finally {
          client.release();
        }
        expect(await transport.inspect(queue.name)).toMatchObject({ ready: 1 });
      });

      it('opens again after it was closed', async () => {
        const queue = queueOf();
        const transport = await open([queue]);
        for (let i = 1; i <= 3; i++) {
          const deliveries = await work(transport, queue);
          await transport.store([jobOf(queue)]);
          await until(() => deliveries.length > 0);
          await transport.close();
          await transport.open([queue], () => undefined);
          expect(await transport.inspect(queue.name)).toMatchObject({ ready: 0, active: 0, handledLastMinute: i });
        }
      });

      it('refuses jobs of a queue that is not there, and stores none of the others', async () => {
        const queue = queueOf();
        const transport = await open([queue]);
        await expect(transport.store([jobOf(queue), jobOf(queueOf())])).rejects.toThrow(/foreign key|no partition/);
        expect(await transport.inspect(queue.name)).toMatchObject({ ready: 0 });
      });

      it('stores calls of one turn apart where PostgreSQL refuses one of them', async () => {
        const queue = queueOf();
        const transport = await open([queue]);
        const unknown = { ...queue, name: `unknown.${randomUUID()}` };
        const [good, other] = [jobOf(queue), jobOf(queue)];
        const answers = await Promise.allSettled([
          transport.store([good]),
          transport.store([jobOf(queue), jobOf(unknown)]),
          transport.store([other]),
        ]);
        expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
        expect(await transport.inspect(queue.name)).toMatchObject({ ready: 2 });
      });

      it('tells duplicates of calls of one turn', async () => {
        const queue = queueOf();
        const transport = await open([queue]);
        const job = jobOf(queue);
        const answers = await Promise.all([transport.store([job]), transport.store([jobOf(queue), job])]);
        expect(answers.flat().map(({ isDuplicate }) => isDuplicate)).toEqual([false, false, true]);
      });

      it('keeps letters that the column type jsonb refuses', async () => {
        const queue = queueOf();
        const transport = await open([queue]);
        const envelope = { text: 'a\0b \\u0000 \ud800 c' };
        const data = { kind: 'command', envelope, enqueuedAt: 1 } as const;
        const error = { name: 'Error', message: 'x\0y' };
        const deliveries = await work(transport, queue, () => ({ isDone: false, error, isDead: true }));
        const job = jobOf(queue, { data, id: 'odd' });
        await transport.store([job]);
        await isDead(transport, job);
        expect(deliveries[0]!.data).toEqual(data);
        expect(await transport.deadLetters.get(queue.name, job.id)).toMatchObject({ id: 'odd', data, reason: error });
      });

      it('goes on with the page after a dead letter that was redriven, discarded, or has died again', async () => {
        const queue = queueOf({ concurrency: 1 });
        const transport = await open([queue]);
        const { deadLetters } = transport;
        await work(transport, queue, () => failed(true));
        const jobs = jobsOf(4, queue);
        await transport.store(jobs);
        await isDead(transport, jobs[3]!);
        const ids = jobs.map(({ id }) => id);
        const page = async (after?: string) =>
          (await deadLetters.list(queue.name, { limit: 2, after })).map(({ id }) => id);
        expect(await page()).toEqual(ids.slice(0, 2));
        await deadLetters.redrive(queue.name, ids[1]!);
        expect(await page(ids[1])).toEqual(ids.slice(2));
        await isDead(transport, jobs[1]!);
        expect(await page(ids[1])).toEqual(ids.slice(2));
        await deadLetters.discard(queue.name, ids[3]!);
        expect(await page(ids[3])).toEqual([ids[1]]);
        expect(await page(randomUUID())).toEqual([ids[0], ids[2]]);
      });

      it('shows, ends and passes over rows of others', async () => {
        const queue = queueOf();
        const transport = await open([queue]);
        await work(transport, queue, () => failed(false));
        const name = `cqrs.${queue.name.replaceAll(/[^\w.-]/g, letter => `/${letter.charCodeAt(0).toString(16)}/`)}`;
        const deep = `${'['.repeat(5000)}${']'.repeat(5000)}`;
        const forever = JSON.stringify({ retry: { delay: 1e308, backoff: true, maxDelay: 1e308 }, data: {} });
        const insert = `INSERT INTO ${schema}.job (id, name, data, retry_limit, state, completed_on, output) VALUES`;
        await pool.query(`${insert} (gen_random_uuid(), $1, '5', 0, 'failed', now(), $2)`, [name, deep]);
        expect(await transport.deadLetters.list(queue.name, { limit: 10 })).toHaveLength(1);
        await pool.query(`${insert} (gen_random_uuid(), $1, $2, 5, 'created', NULL, NULL)`, [name, forever]);
        await holds(async () => (await transport.inspect(queue.name)).delayed === 1);
        const { data, retry } = jobOf(queue);
        const said = { name: 'odd', queue: queue.name, cron: '0 3 * * *', timeZone: 'UTC', data, retry };
        await transport.schedules!.set({ ...said, isDeclared: false });
        for (const odd of ['"text"', '5', '[]', '{"retry":{},"schedule":"x"}', '{"retry":{},"schedule":{"name":5}}']) {
          await pool.query(`UPDATE ${schema}.schedule SET data = $1 WHERE name = 'cqrs-schedules.odd'`, [odd]);
          expect(await transport.schedules!.list()).toEqual([]);
        }
        await transport.schedules!.remove('odd');
      });

      it('leaves a boss running that the user has started', async () => {
        const boss = make(postgres.url, schema);
        await boss.start();
        const transport = await open([queueOf()], {}, boss);
        await transport.close();
        expect(await boss.getQueue('another')).toBeNull();
        await boss.stop({ graceful: false });
      });

      it('buries a job whose last lease has ended', async () => {
        const queue = queueOf();
        const transport = await open([queue], { lease: 1000 });
        const aborted: unknown[] = [];
        await work(
          transport,
          queue,
          ({ signal }) =>
            new Promise(resolve => {
              signal.addEventListener('abort', () => {
                aborted.push(signal.reason);
                resolve(DONE);
              });
            }),
        );
        const job = jobOf(queue, { retry: { limit: 0, delay: 0, backoff: false, maxDelay: 0 } });
        await transport.store([job]);
        await isDead(transport, job);
        expect(aborted).toHaveLength(1);
        expect(await transport.deadLetters.get(queue.name, job.id)).toMatchObject({
          attempts: 1,
          reason: { name: 'LeaseEnded' },
        });
      });

      it('counts no attempt for a job that it gives back', async () => {
        const queue = queueOf();
        const [one, other] = [await open([queue]), await open([queue])];
        const first = await work(one, queue, () => new Promise(() => undefined));
        await one.store([jobOf(queue)]);
        await until(() => first.length > 0);
        opened.delete(one);
        await one.close();
        expect(await first[0]!.settleIn!(pool)).toBe(false);
        const second = await work(other, queue);
        await until(() => second.length > 0);
        expect(second[0]).toMatchObject({ id: first[0]!.id, attempt: 1 });
      });

      it('takes the jobs of a worker whose process was killed', async () => {
        const queue = queueOf();
        const transport = await open([queue]);
        const jobs = jobsOf(2, queue);
        await transport.store(jobs);
        const program = join(import.meta.dirname, 'pg-boss-worker.ts');
        const { NODE_OPTIONS: _, ...env } = process.env;
        const args = ['--import', compileHook, program, `${major}`, postgres.url, schema, queue.name, `${LEASE}`];
        const worker = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
        await saying(worker, `taken ${jobs[1]!.id}`);
        await holds(async () => (await transport.inspect(queue.name)).active === 2);
        await killed(worker);
        const deliveries = await work(transport, queue);
        await until(() => deliveries.length > 1);
        const seen = deliveries.map(({ id, attempt, lastFailure }) => [id, attempt, lastFailure?.name]);
        expect(seen.toSorted()).toEqual(jobs.map(({ id }) => [id, 2, 'LeaseEnded']).toSorted());
      });

      it('goes on when the server is killed and started again, and says so once', async () => {
        const queue = queueOf();
        // Longer than a busy machine takes to start the server.
        const transport = await open([queue], { lease: 60_000 });
        const deliveries = await work(transport, queue, async () => {
          if (deliveries.length > 1) return DONE;
          await postgres.kill();
          return failed(false);
        });
        await transport.store([jobOf(queue)]);
        await until(() => reports.length > 0);
        await expect(transport.store([jobOf(queue)])).rejects.toThrow(/ECONNREFUSED|ECONNRESET|terminat/);
        await pause(1000);
        expect(reports).toHaveLength(1);
        await postgres.startAgain();
        // The outcome was stored although the engine was gone when it was known.
        await until(() => deliveries.length > 1);
        expect(deliveries[1]!.lastFailure).toEqual(FAILURE);
        await holds(async () => (await transport.inspect(queue.name)).handledLastMinute === 1);
        await transport.store([jobOf(queue)]);
        await until(() => deliveries.length > 2);
      });

      it('closes although the outcome of a handler cannot be stored, and leaves the job to the end of its lease', async () => {
        const queue = queueOf();
        const transport = await open([queue], { lease: 900_000 });
        let hasEnded = false;
        await work(transport, queue, async () => {
          await postgres.kill();
          hasEnded = true;
          return DONE;
        });
        await transport.store([jobOf(queue)]);
        await until(() => hasEnded);
        await pause(50);
        await transport.close();
        await postgres.startAgain();
        const another = await open([queue]);
        expect(await another.inspect(queue.name)).toMatchObject({ active: 1, handledLastMinute: 0 });
      });

      it('loses no job when the server is killed under load', async () => {
        const queue = queueOf({ concurrency: 8 });
        const [sender, transport] = [await open([queue]), await open([queue])];
        const jobs = jobsOf(400, queue, { retry: { limit: 20, delay: 0, backoff: false, maxDelay: 0 } });
        await sender.store(jobs.slice(0, 200));
        const deliveries = await work(transport, queue, async () => {
          await pause(2);
          return DONE;
        });
        for (const count of [40, 120]) {
          await until(() => deliveries.length > count);
          await postgres.kill();
          await postgres.startAgain();
        }
        for (const job of jobs.slice(200)) while (!(await stored(sender, job))) await pause(50);
        await holds(async () => (await sender.inspect(queue.name)).handledLastMinute === jobs.length);
        expect(new Set(deliveries.map(({ id }) => id)).size).toBe(jobs.length);
        expect(await sender.deadLetters.list(queue.name, { limit: 1 })).toEqual([]);
      });

      const findsArchived = async () => {
        const queue = queueOf();
        const transport = await open([queue]);
        let fate = failed(true);
        const deliveries = await work(transport, queue, () => fate);
        const [job, other, done] = [jobOf(queue), jobOf(queue), jobOf(queue)];
        await transport.store([job, other]);
        await isDead(transport, job);
        await isDead(transport, other);
        fate = DONE;
        await transport.store([done]);
        await holds(async () => (await transport.inspect(queue.name)).handledLastMinute === 1);
        await pool.query(`update ${schema}.job set completed_on = now() - interval '1 day' where state > 'active'`);
        const boss = make(postgres.url, schema) as ReturnType<typeof make> & { archive(): Promise<void> };
        await boss.start();
        await boss.archive();
        await boss.stop({ graceful: false });
        expect(
          (await pool.query(`select 1 from ${schema}.archive where name like $1`, [`%${queue.name}`])).rows,
        ).toHaveLength(3);
        expect((await transport.deadLetters.list(queue.name, { limit: 5 })).map(({ id }) => id).toSorted()).toEqual(
          [job.id, other.id].toSorted(),
        );
        expect(await transport.inspect(queue.name)).toMatchObject({ dead: 2, ready: 0 });
        expect(await transport.store([done, job])).toEqual([done, job].map(({ id }) => ({ id, isDuplicate: true })));
        expect(await transport.deadLetters.redrive(queue.name, job.id)).toBe(true);
        await until(() => deliveries.length > 3);
        expect(deliveries[3]).toMatchObject({ id: job.id, attempt: 1, data: job.data });
        expect(await transport.deadLetters.discard(queue.name, other.id)).toBe(true);
        expect(await transport.deadLetters.list(queue.name, { limit: 5 })).toEqual([]);
      };

      const refusesOtherPolicy = async () => {
        const queue = queueOf();
        const transport = await open([queue]);
        const refused = expect.objectContaining({ code: 'CQRS_INVALID_OPTIONS' });
        await expect(transport.open([{ ...queue, isKeyed: true }], () => undefined)).rejects.toEqual(refused);
      };

      const goesOnWithKey = async () => {
        const queue = queueOf({ isKeyed: true });
        const transport = await open([queue]);
        const jobs = [...jobsOf(3, queue, { key: 'a' }), jobOf(queue)];
        const deliveries = await work(transport, queue, ({ id }) =>
          id === jobs[0]!.id && deliveries.length < 5 ? failed(true) : DONE,
        );
        await transport.store(jobs);
        await until(() => deliveries.length === jobs.length);
        await isDead(transport, jobs[0]!);
        const ids = deliveries.map(({ id }) => id).filter(id => id !== jobs[3]!.id);
        expect(ids).toEqual(jobs.slice(0, 3).map(({ id }) => id));
        await transport.store([jobOf(queue, { key: 'a', id: 'later' })]);
        await until(() => deliveries.length > 4);
        await transport.deadLetters.redrive(queue.name, jobs[0]!.id);
        await until(() => deliveries.length > 5);
        expect(deliveries[5]!.id).toBe(jobs[0]!.id);
      };

      (major === 10 ? it : it.skip)('finds dead letters that pg-boss 10 has archived', findsArchived);
      (major === 12 ? it : it.skip)('refuses a queue that was made without keys, and has them now', refusesOtherPolicy);
      (major === 12 ? it : it.skip)('goes on with a key whose job is dead, and redrives it', goesOnWithKey);
    },
    { restarts: true },
  );
});

const noneEscaped = () => expect(escaped).toEqual([]);

const stored = (transport: DurableTransport, job: Job) =>
  transport.store([job]).then(
    () => true,
    () => false,
  );
