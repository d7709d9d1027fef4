import { randomUUID } from 'node:crypto';
import { Queue, Worker } from 'bullmq';
import PgBoss from 'pg-boss-10';
import { postgresUrl, redisUrl } from './durable-places.mjs';
import { PAYLOADS } from './remote-messages.mjs';

/** Retries as this package has them by default. */
export const RETRY = { limit: 5, delay: 1000, backoff: true, maxDelay: 3_600_000 };

/** The JSON that this package stores for the command of 5 fields: the bytes are equal, the work on them is none. */
export function storedJson() {
  const id = randomUUID();
  const meta = { name: 'bench.store', version: 1, id, time: new Date().toISOString(), headers: {}, correlationId: id };
  const envelope = { meta, payload: PAYLOADS['5 fields'] };
  return { retry: RETRY, data: { kind: 'command', envelope, enqueuedAt: Date.now() } };
}

/** A name of its own: contestants and runs do not meet. */
export const ownName = () => `bench_${randomUUID().replaceAll('-', '').slice(0, 12)}`;

/** A boss that is not started, with the defaults of pg-boss. */
export async function newBoss() {
  const boss = new PgBoss({ connectionString: await postgresUrl(), schema: ownName() });
  boss.on('error', error => console.error(error));
  return boss;
}

export async function redisConnection() {
  const { hostname, port } = new URL(await redisUrl());
  return { host: hostname, port: Number(port) };
}

/** pg-boss 10 alone. */
export async function barePgBoss() {
  const boss = await newBoss();
  await boss.start();
  const queue = 'bench.store';
  await boss.createQueue(queue, { name: queue, policy: 'standard' });
  const options = { retryLimit: RETRY.limit, retryDelay: RETRY.delay / 1000, retryBackoff: true };
  let wake = () => undefined;
  return {
    store: async () => {
      await boss.send(queue, storedJson(), options);
      wake();
    },
    storeAll: async count => {
      await boss.insert(Array.from({ length: count }, () => ({ name: queue, data: storedJson(), ...options })));
      wake();
    },
    /** Takes as many as it may handle at a time, handles them, and completes them together. */
    async work(concurrency, handle) {
      for (;;) {
        const woken = new Promise(resolve => (wake = resolve));
        const jobs = await boss.fetch(queue, { batchSize: concurrency });
        await Promise.all(jobs.map(handle));
        if (jobs.length > 0)
          await boss.complete(
            queue,
            jobs.map(({ id }) => id),
          );
        else await Promise.race([woken, new Promise(resolve => setTimeout(resolve, 500))]);
      }
    },
    hold: async () => undefined,
    release: async () => undefined,
    settled: () => pgBossSettled(boss),
  };
}

/** Waits until all jobs are completed. Then the table is as one that PostgreSQL has cleaned in the background. */
export async function pgBossSettled(boss) {
  const database = boss.getDb();
  const table = `${database.config.schema}.job`;
  const run = text => database.executeSql(text);
  while ((await run(`SELECT 1 FROM ${table} WHERE state < 'completed' LIMIT 1`)).rows.length > 0);
  await run(`VACUUM ANALYZE ${table}`);
}

/** What is kept of finished jobs by both sides: the defaults of this package. */
const KEPT = { age: 86_400, count: 10_000 };

/**
 * With BullMQ, this process takes most of the time of a message, and is quicker for 20,000 of them; with pg-boss, PostgreSQL
 * takes it.
 */
export const BULLMQ_WARM_UP = 20_000;

/** BullMQ alone. */
export async function bareBullMQ() {
  const connection = await redisConnection();
  const name = 'bench.store';
  const prefix = ownName();
  const queue = new Queue(name, { connection, prefix });
  await queue.waitUntilReady();
  const opts = { attempts: RETRY.limit + 1, backoff: { type: 'exponential', delay: RETRY.delay } };
  return {
    warmUp: BULLMQ_WARM_UP,
    store: () => queue.add(name, storedJson(), opts),
    /** Told apart from others by the id of its message, as `enqueue` does it: stored once, however often it is sent. */
    storeOnce: () => {
      const json = storedJson();
      return queue.add(name, json, { ...opts, jobId: `m-${json.data.envelope.meta.id}` });
    },
    storeAll: count => queue.addBulk(Array.from({ length: count }, () => ({ name, data: storedJson(), opts }))),
    async work(concurrency, handle) {
      const worker = new Worker(name, handle, { connection, prefix, concurrency, removeOnComplete: KEPT });
      worker.on('error', error => console.error(error));
      await worker.waitUntilReady();
    },
    hold: () => queue.pause(),
    release: () => queue.resume(),
    settled: () => bullMQSettled(queue),
  };
}

export async function bullMQSettled(queue) {
  while ((await queue.getJobCountByTypes('wait', 'active')) > 0);
}
