import { Queue } from 'bullmq';
import { encodeName } from '../../../lib/integrations/bullmq/encoding.js';
import { describeWithRedis } from '../../support/brokers.js';
import { BullMQTransports } from '../../support/bullmq-transports.js';
import { until } from '../../support/waiting.js';
import { dead, DONE, eventually, failed, ids, jobOf, jobsOf, queueOf, retries, working } from './durable-runs.js';

describeWithRedis('the scripts for BullMQ', broker => {
  const transports = new BullMQTransports(broker);
  const { connect, keyOf, reported } = transports;
  const answers = (stored: readonly { isDuplicate: boolean }[]): boolean[] =>
    stored.map(({ isDuplicate }) => isDuplicate);

  it.each([0, 60_000])('store a job with the delay %d as BullMQ does', async delay => {
    const queue = queueOf();
    const transport = await connect(queue);
    const job = jobOf(queue, { delay, retry: { limit: 2, delay: 500, backoff: true, maxDelay: 1000 } });
    await transport.store([job]);
    const fields = await transports.redis.hgetall(keyOf(queue, `m-${job.id}`));
    const bare = new Queue(encodeName(queue.name), {
      connection: { host: broker.host, port: broker.port },
      prefix: 'cqrs',
    });
    const backoff = { type: 'cqrs', delay: 500 };
    const timestamp = Number(fields['timestamp']);
    const options = { attempts: 3, backoff, stackTraceLimit: 1, timestamp, delay, jobId: 'm-other' };
    await bare.add(encodeName(queue.name), { data: job.data, retry: job.retry }, options);
    const expected = await transports.redis.hgetall(keyOf(queue, 'm-other'));
    await bare.close();
    const optsOf = (stored: Record<string, string>) => ({ delay: 0, ...(JSON.parse(stored['opts']!) as object) });
    const { timestamp: _, ...opts } = optsOf(expected) as Record<string, unknown>;
    expect(optsOf(fields)).toEqual({ ...opts, jobId: `m-${job.id}` });
    expect({ ...fields, opts: '' }).toEqual({ ...expected, opts: '' });
    expect(await transport.inspect(queue.name)).toMatchObject(delay > 0 ? { delayed: 2 } : { ready: 2 });
  });

  it('answer in order for several queues, delays, policies and duplicates of one call', async () => {
    const [queue, other] = [queueOf(), queueOf()];
    const transport = await connect(queue, other);
    const known = jobOf(queue);
    await transport.store([known]);
    const [first, second] = jobsOf(2, other, { retry: retries(3) });
    const later = jobOf(queue, { delay: 60_000 });
    const stored = await transport.store([first!, known, later, second!, first!, later, jobOf(queue)]);
    expect(answers(stored)).toEqual([false, true, false, false, true, true, false]);
    expect(ids(stored).slice(0, 4)).toEqual([first!.id, known.id, later.id, second!.id]);
    expect(await transport.inspect(queue.name)).toMatchObject({ ready: 2, delayed: 1 });
    expect(await transport.inspect(other.name)).toMatchObject({ ready: 2, delayed: 0 });
  });

  it('answer each of the calls that share a script', async () => {
    const queue = queueOf();
    const transport = await connect(queue);
    const [one, two, three] = jobsOf(3, queue);
    const calls = await Promise.all([[one!], [two!, one!], [], [three!, two!]].map(jobs => transport.store(jobs)));
    expect(calls.map(answers)).toEqual([[false], [false, true], [], [false, true]]);
  });

  it('store a call that is larger than a script, and tell its duplicates', async () => {
    const queue = queueOf();
    const transport = await connect(queue);
    const jobs = jobsOf(2500, queue);
    const stored = await transport.store([...jobs, jobs[0]!]);
    expect(answers(stored).filter(Boolean)).toEqual([true]);
    expect(stored.at(-1)).toEqual({ id: jobs[0]!.id, isDuplicate: true });
    expect(ids(stored.slice(0, -1))).toEqual(ids(jobs));
    expect((await transport.inspect(queue.name)).ready).toBe(2500);
  });

  it.each([1, 1001])('store none of %d jobs where a script fails', async count => {
    const [queue, other] = [queueOf(), queueOf()];
    const transport = await connect(queue, other);
    await transports.redis.set(keyOf(queue, 'id'), 'no number');
    await expect(transport.store(jobsOf(count, queue))).rejects.toThrow('not an integer');
    expect((await transport.inspect(queue.name)).ready).toBe(0);
    expect(answers(await transport.store([jobOf(other)]))).toEqual([false]);
  });

  it.each([1, 20, 1001])('are brought again where Redis has forgotten them: %d jobs', async count => {
    const queue = queueOf(50);
    const transport = await connect(queue);
    await transport.store(jobsOf(1, queue));
    const deliveries = await working(transport, queue);
    await until(() => deliveries.length === 1);
    await transports.redis.script('FLUSH');
    expect(answers(await transport.store(jobsOf(count, queue)))).toEqual(Array.from({ length: count }, () => false));
    await until(() => deliveries.length === count + 1);
    await transports.redis.script('FLUSH');
    await transport.store(jobsOf(count, queue));
    await eventually(
      () => transport.inspect(queue.name),
      ({ ready, active, handledLastMinute }) => ready + active === 0 && handledLastMinute === 2 * count + 1,
    );
    expect([deliveries.length, reported]).toEqual([2 * count + 1, []]);
  });

  it('end jobs of one turn, each with its own outcome', async () => {
    const queue = queueOf(40);
    const transport = await connect(queue);
    const jobs = jobsOf(60, queue, { retry: retries(1) });
    await transport.store(jobs);
    const kindOf = (id: string): number => jobs.findIndex(job => job.id === id) % 3;
    const deliveries = await working(
      transport,
      queue,
      ({ id }) => [DONE, dead(`no ${id}`), failed(`no ${id}`)][kindOf(id)]!,
    );
    await eventually(
      () => transport.inspect(queue.name),
      ({ dead: letters, handledLastMinute }) => letters === 40 && handledLastMinute === 20,
    );
    expect(deliveries).toHaveLength(80);
    const letters = await transport.deadLetters.list(queue.name, { limit: 100 });
    expect(letters.map(({ id, reason }) => [kindOf(id) > 0, reason?.message])).toEqual(
      letters.map(({ id }) => [true, `no ${id}`]),
    );
  });

  it('end the other jobs of a turn where the lock of one is gone', async () => {
    const queue = queueOf(8);
    const transport = await connect(queue);
    const jobs = jobsOf(8, queue);
    await transport.store(jobs);
    let open: () => void = () => undefined;
    const all = new Promise<void>(resolve => (open = resolve));
    const deliveries = await working(transport, queue, async () => {
      if (deliveries.length === 8) {
        await transports.redis.del(keyOf(queue, `m-${jobs[0]!.id}:lock`));
        open();
      }
      await all;
      return DONE;
    });
    await until(() => reported.length > 0);
    expect(reported).toEqual([expect.stringContaining('Missing lock')]);
    expect(await transport.inspect(queue.name)).toMatchObject({ handledLastMinute: 7, active: 1 });
  });

  it('read a dead letter as it is at one moment, while it is redriven and dies again', async () => {
    const queue = queueOf();
    const transport = await connect(queue);
    const { deadLetters } = transport;
    const job = jobOf(queue);
    const deliveries = await working(transport, queue, () => dead());
    await transport.store([job]);
    const redriven = (async () => {
      while (deliveries.length < 100) await deadLetters.redrive(queue.name, job.id);
    })();
    const seen = new Set<string>();
    while (deliveries.length < 100) {
      const [letter, [listed]] = await Promise.all([
        deadLetters.get(queue.name, job.id),
        deadLetters.list(queue.name, { limit: 1 }),
      ]);
      for (const one of [letter, listed])
        if (one !== undefined) seen.add(`${one.attempts} ${one.reason?.message} ${Number.isNaN(+one.diedAt)}`);
    }
    await redriven;
    expect([...seen]).toEqual(['1 no mailbox false']);
  }, 20_000);
});
