import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { bullmq, type BullMQOptions } from 'nestjs-cqrs/bullmq';
import type { DurableTransport, QueueSpec } from 'nestjs-cqrs/extension';
import { freePort } from '../../support/broker-process.js';
import { describeWithRedisOnDisk } from '../../support/brokers.js';
import { CuttingProxy } from '../../support/cutting-proxy.js';
import { escaped } from '../../support/escaped-rejections.js';
import { compileHook } from '../../support/program.js';
import { pending, until } from '../../support/waiting.js';
import { redisProtocol } from '../../support/wire-protocols.js';
import { DONE, eventually, failed, ids, jobOf, jobsOf, queueOf, retries, working } from './durable-runs.js';

const pause = (milliseconds: number) => new Promise(resolve => setTimeout(resolve, milliseconds));

describeWithRedisOnDisk(
  'BullMQ goes on where Redis or a worker is lost',
  broker => {
    const open: DurableTransport[] = [];
    const reported: string[] = [];

    const connect = async (
      queue: QueueSpec,
      options: BullMQOptions = { lease: 1000 },
      commandTimeout?: number,
    ): Promise<DurableTransport> => {
      const transport = bullmq({ host: broker.host, port: broker.port, commandTimeout }, options);
      open.push(transport);
      await transport.open([queue], (problem, error) => void reported.push(`${problem}: ${String(error)}`));
      return transport;
    };

    beforeEach(() => (reported.length = 0));
    afterEach(async () => {
      await Promise.all(open.splice(0).map(transport => transport.close()));
      await pause(50);
      if (escaped.length > 0) throw new AggregateError(escaped, 'A promise was rejected without a handler.');
    }, 30_000);

    it('refuses to open where nothing listens, and can be closed then', async () => {
      const transport = bullmq({ host: '127.0.0.1', port: await freePort() });
      await expect(transport.open([], () => undefined)).rejects.toThrow('ECONNREFUSED');
      await transport.close();
    });

    it('loses no job when Redis is killed under load', async () => {
      const queue = queueOf(8);
      const [sender, worker] = [await connect(queue), await connect(queue)];
      const handled = new Map<string, number>();
      await working(worker, queue, async ({ id, attempt }) => {
        await pause(2);
        handled.set(id, (handled.get(id) ?? 0) + 1);
        return attempt === 1 && id < '3' ? failed() : DONE;
      });
      const jobs = jobsOf(1000, queue, { retry: retries(20) });
      const refused: unknown[] = [];
      const killing = new AbortController();
      // All once, and again as duplicates until the last kill: a fast machine has stored them before the first.
      const store = async (): Promise<void> => {
        for (let i = 0; i < jobs.length || !killing.signal.aborted; i += 20)
          await eventually(
            () =>
              sender.store(jobs.slice(i % jobs.length, (i % jobs.length) + 20)).then(
                () => true,
                error => !refused.push(error),
              ),
            isStored => isStored,
          );
      };
      const stored = store();
      for (let i = 0; i < 3; i++) {
        await pause(150);
        await broker.kill();
        await pause(300);
        await broker.startAgain();
        await pause(500);
      }
      killing.abort();
      await stored;
      await until(() => handled.size === jobs.length);
      await eventually(
        () => worker.inspect(queue.name),
        ({ ready, delayed, active }) => ready + delayed + active === 0,
      );
      expect(refused.length).toBeGreaterThan(0);
      expect((await worker.inspect(queue.name)).dead).toBe(0);
    }, 90_000);

    it('loses no job when Redis stands still for some seconds', async () => {
      const queue = queueOf(4);
      const [sender, worker] = [await connect(queue, {}, 1000), await connect(queue)];
      const handled = new Set<string>();
      const aborted: string[] = [];
      let time = 20;
      await working(worker, queue, async ({ id, signal }) => {
        signal.addEventListener('abort', () => aborted.push(id));
        await pause(time);
        handled.add(id);
        return DONE;
      });
      const jobs = jobsOf(300, queue);
      const refused: string[] = [];
      const stored = (async () => {
        for (const job of jobs)
          await eventually(
            () =>
              sender.store([job]).then(
                () => true,
                (error: unknown) => !refused.push(String(error)),
              ),
            isStored => isStored,
          );
      })();
      await until(() => handled.size > 10);
      // So long that their leases end meanwhile.
      time = 2500;
      await pause(50);
      broker.freeze();
      await pause(3000);
      broker.thaw();
      time = 1;
      await stored;
      await until(() => handled.size === jobs.length);
      await eventually(
        () => worker.inspect(queue.name),
        ({ ready, delayed, active }) => ready + delayed + active === 0,
      );
      expect(refused).toEqual(refused.map(() => expect.stringContaining('Command timed out')));
      expect([refused.length > 0, aborted.length > 0]).toEqual([true, true]);
      expect((await worker.inspect(queue.name)).dead).toBe(0);
    }, 60_000);

    it('uses a queue although the connection broke while BullMQ prepared it', async () => {
      const queue = queueOf();
      const proxy = await CuttingProxy.start(broker, redisProtocol());
      const transport = bullmq({ host: '127.0.0.1', port: proxy.port });
      open.push(transport);
      await transport.open([queue], () => undefined);
      proxy.arm({ kind: 'info', occurrence: 1, side: 'before', what: 'line' });
      const stored = () =>
        transport.store([jobOf(queue)]).then(
          jobs => jobs.length,
          () => 0,
        );
      await eventually(stored, count => count === 1);
      expect(proxy.isCut).toBe(true);
      const letters = () =>
        transport.deadLetters.get(queue.name, 'none').then(
          () => true,
          () => false,
        );
      await eventually(letters, isAnswered => isAnswered);
      expect(await transport.inspect(queue.name)).toMatchObject({ ready: 1 });
      proxy.close();
    });

    it('says once that Redis is away, rejects calls, aborts what loses its lease, and goes on', async () => {
      const queue = queueOf();
      const transport = await connect(queue);
      const gate = pending();
      const deliveries = await working(transport, queue, () => gate.promise.then(() => DONE));
      const job = jobOf(queue);
      await transport.store([job]);
      await until(() => deliveries.length > 0);
      await broker.kill();
      await expect(transport.store(jobsOf(1, queue))).rejects.toThrow(
        /Stream isn't writeable|Connection is closed|max retries/,
      );
      await expect(transport.inspect(queue.name)).rejects.toThrow(
        /Stream isn't writeable|Connection is closed|max retries/,
      );
      await expect(transport.deadLetters.list(queue.name, { limit: 1 })).rejects.toThrow(
        /Stream isn't writeable|Connection is closed|max retries/,
      );
      await expect(transport.schedules!.list()).rejects.toThrow(
        /Stream isn't writeable|Connection is closed|max retries/,
      );
      await until(() => deliveries[0]!.signal.aborted);
      gate.finish();
      expect(reported.filter(text => text.includes('Redis'))).toHaveLength(1);
      expect(reported).toHaveLength(2);
      await broker.startAgain();
      await until(() => deliveries.length > 1);
      expect(ids(deliveries)).toEqual([job.id, job.id]);
      const late = jobOf(queue);
      await transport.store([late]);
      await eventually(
        () => transport.inspect(queue.name),
        ({ handledLastMinute }) => handledLastMinute === 2,
      );

      await broker.kill();
      await until(() => reported.filter(text => text.includes('Redis')).length === 2);
      await broker.startAgain();
    }, 60_000);

    it('closes in time while Redis is away', async () => {
      const queue = queueOf(2);
      const transport = await connect(queue);
      const deliveries = await working(transport, queue, () => new Promise(() => undefined));
      await transport.store(jobsOf(2, queue));
      await until(() => deliveries.length > 1);
      await broker.kill();
      await pause(100);
      await transport.close();
      expect(deliveries.map(({ signal }) => signal.aborted)).toEqual([true, true]);
      await broker.startAgain();
      const again = await working(await connect(queue), queue);
      await until(() => again.length === 2);
    }, 60_000);

    it('closes in time where Redis does not answer any more', async () => {
      const queue = queueOf();
      const transport = await connect(queue);
      const deliveries = await working(transport, queue, () => new Promise(() => undefined));
      await transport.store(jobsOf(1, queue));
      await until(() => deliveries.length > 0);
      const redis = new Redis(broker.port, broker.host);
      await redis.client('PAUSE', 60_000, 'ALL');
      redis.disconnect();
      await transport.close();
      expect(deliveries[0]!.signal.aborted).toBe(true);
      await broker.restart();
    }, 60_000);

    it('stops while Redis is away, as soon as it is back', async () => {
      const queue = queueOf();
      const transport = await connect(queue, { lease: 30_000 });
      const gate = pending();
      const deliveries = await working(transport, queue, () => gate.promise.then(() => DONE));
      await transport.store(jobsOf(1, queue));
      await until(() => deliveries.length > 0);
      await broker.kill();
      const stopped = transport.stopIntake();
      gate.finish();
      await broker.startAgain();
      await stopped;
      expect((await transport.inspect(queue.name)).active).toBe(0);
    }, 60_000);

    it('gives the job of a killed process to another, with an attempt for it', async () => {
      const queue = queueOf();
      const transport = await connect(queue);
      const job = jobOf(queue);
      await transport.store([job]);
      const { NODE_OPTIONS: _, ...env } = process.env;
      for (const attempt of [1, 2, 3]) {
        const child = fork(join(import.meta.dirname, 'bullmq-worker.ts'), [`${broker.port}`, queue.name, '1000'], {
          execArgv: ['--import', compileHook],
          env,
        });
        const [said] = (await once(child, 'message')) as [string];
        child.kill('SIGKILL');
        expect(said).toBe(`${job.id} ${attempt}`);
      }
      const deliveries = await working(transport, queue);
      await until(() => deliveries.length > 0);
      expect(deliveries.map(({ id, attempt, attempts }) => [id, attempt, attempts])).toEqual([[job.id, 4, 4]]);
    }, 60_000);

    it('loses no job where the lock of a running one is taken away', async () => {
      const queue = queueOf();
      const transport = await connect(queue);
      const redis = new Redis(broker.port, broker.host);
      const deliveries = await working(transport, queue, async ({ signal }) => {
        if (deliveries.length > 1) return DONE;
        const [lock] = await redis.keys('*:lock');
        await redis.del(lock!);
        await new Promise(resolve => signal.addEventListener('abort', resolve));
        return DONE;
      });
      await transport.store(jobsOf(1, queue));
      await eventually(
        () => transport.inspect(queue.name),
        ({ handledLastMinute }) => handledLastMinute === 1,
      );
      expect(deliveries.map(({ attempt }) => attempt)).toEqual([1, 2]);
      redis.disconnect();
    }, 60_000);

    it('refuses a late outcome quietly where the handler ends before the loss is seen', async () => {
      const queue = queueOf();
      const transport = await connect(queue);
      const redis = new Redis(broker.port, broker.host);
      const deliveries = await working(transport, queue, async () => {
        if (deliveries.length > 1) return DONE;
        const [lock] = await redis.keys('*:lock');
        await redis.del(lock!);
        return DONE;
      });
      await transport.store(jobsOf(1, queue));
      await eventually(
        () => transport.inspect(queue.name),
        ({ handledLastMinute }) => handledLastMinute === 1,
      );
      expect(deliveries).toHaveLength(2);
      expect(reported).toEqual([expect.stringContaining('Missing lock')]);
      redis.disconnect();
    }, 60_000);
  },
  { restarts: true },
);
