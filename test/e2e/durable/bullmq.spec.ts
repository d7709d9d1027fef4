import { Redis } from 'ioredis';
import type { DurableTransport, QueueSpec } from 'nestjs-cqrs/extension';
import { bullmq, type BullMQOptions } from 'nestjs-cqrs/bullmq';
import { describeWithRedis } from '../../support/brokers.js';
import { escaped } from '../../support/escaped-rejections.js';
import { pending, until } from '../../support/waiting.js';
import { dead, DONE, eventually, failed, ids, jobOf, jobsOf, queueOf, retries, working } from './durable-runs.js';

describeWithRedis('BullMQ keeps jobs', broker => {
  const open: DurableTransport[] = [];
  const reported: string[] = [];

  const connect = async (options: BullMQOptions = {}, ...queues: QueueSpec[]): Promise<DurableTransport> => {
    const transport = bullmq({ host: broker.host, port: broker.port }, options);
    open.push(transport);
    await transport.open(queues, (problem, error) => void reported.push(`${problem}: ${String(error)}`));
    return transport;
  };

  beforeEach(() => (reported.length = 0));
  afterEach(async () => {
    await Promise.all(open.splice(0).map(transport => transport.close()));
    if (escaped.length > 0) throw new AggregateError(escaped, 'A promise was rejected without a handler.');
  });

  it('hands a stored job out once, as it was stored', async () => {
    const queue = queueOf();
    const transport = await connect({}, queue);
    const job = jobOf(queue, { id: 'a:b 1' });
    expect(await transport.store([job])).toEqual([{ id: 'a:b 1', isDuplicate: false }]);
    const deliveries = await working(transport, queue);
    await until(() => deliveries.length > 0);
    expect(deliveries).toEqual([
      expect.objectContaining({ id: 'a:b 1', queue: queue.name, attempt: 1, attempts: 1, data: job.data }),
    ]);
    await eventually(
      () => transport.inspect(queue.name),
      ({ handledLastMinute }) => handledLastMinute === 1,
    );
    expect(reported).toEqual([]);
  });

  it.each(['0', '17', 'wait', 'meta', 'id', '', ' ', '~003a', 'repeat:a:1', '\ud800', 'x'.repeat(255)])(
    'takes the id %j',
    async id => {
      const queue = queueOf();
      const transport = await connect({}, queue);
      const deliveries = await working(transport, queue, () => dead());
      expect(await transport.store([jobOf(queue, { id })])).toEqual([{ id, isDuplicate: false }]);
      const letter = await eventually(
        () => transport.deadLetters.get(queue.name, id),
        found => found !== undefined,
      );
      expect([ids(deliveries), letter!.id]).toEqual([[id], id]);
      expect(await transport.deadLetters.discard(queue.name, id)).toBe(true);
    },
  );

  it('tells duplicates: in one batch, one after another, at once, after completion', async () => {
    const queue = queueOf(10);
    const transports = [await connect({}, queue), await connect({}, queue)];
    const [first, second] = jobsOf(2, queue);
    const batch = await transports[0]!.store([first!, second!, first!]);
    expect(batch.map(({ isDuplicate }) => isDuplicate)).toEqual([false, false, true]);
    expect(await transports[1]!.store([second!])).toEqual([{ id: second!.id, isDuplicate: true }]);

    const raced = jobsOf(50, queue);
    const answers = (
      await Promise.all(raced.flatMap(job => transports.map(transport => transport.store([job]))))
    ).flat();
    expect(answers.filter(({ isDuplicate }) => isDuplicate)).toHaveLength(50);

    const deliveries = await working(transports[0]!, queue);
    await eventually(
      () => transports[0]!.inspect(queue.name),
      ({ handledLastMinute }) => handledLastMinute === 52,
    );
    expect(await transports[0]!.store([first!])).toEqual([{ id: first!.id, isDuplicate: true }]);
    expect(new Set(ids(deliveries)).size).toBe(52);
    expect(deliveries).toHaveLength(52);
  });

  it('stores all jobs of several queues, or none', async () => {
    const [queue, other] = [queueOf(), queueOf()];
    const transport = await connect({}, queue, other);
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    const bad = jobOf(other, { data: { kind: 'event', envelope: circle, enqueuedAt: 0 } });
    await expect(transport.store([jobOf(queue), bad])).rejects.toThrow('circular');
    expect((await transport.inspect(queue.name)).ready).toBe(0);
    await transport.store([jobOf(queue), jobOf(other)]);
    expect([(await transport.inspect(queue.name)).ready, (await transport.inspect(other.name)).ready]).toEqual([1, 1]);
  });

  it('takes the options of a client, and leaves the client alone', async () => {
    const client = new Redis({ port: broker.port, host: broker.host, lazyConnect: true, maxRetriesPerRequest: 3 });
    const queue = queueOf();
    const transport = bullmq(client);
    await transport.open([queue], (problem, error) => void reported.push(`${problem}: ${String(error)}`));
    const deliveries = await working(transport, queue);
    await transport.store(jobsOf(2, queue));
    await until(() => deliveries.length === 2);
    await transport.close();
    expect([client.status, client.options.maxRetriesPerRequest, reported]).toEqual(['wait', 3, []]);
  });

  it('rejects a call that Redis does not answer in time', async () => {
    const queue = queueOf();
    const transport = bullmq({ port: broker.port, host: broker.host, commandTimeout: 200 });
    open.push(transport);
    await transport.open([queue], () => undefined);
    const client = new Redis(broker.port, broker.host);
    await client.client('PAUSE', 1000, 'ALL');
    await expect(transport.store([jobOf(queue)])).rejects.toThrow('Command timed out');
    await client.ping();
    client.disconnect();
  });

  it('fails only the call whose data cannot be written, of several at once', async () => {
    const queue = queueOf();
    const transport = await connect({}, queue);
    const bad = jobOf(queue, { data: { kind: 'event', envelope: 1n, enqueuedAt: 0 } });
    const calls = [...jobsOf(3, queue), bad, ...jobsOf(2000, queue)].map(job => transport.store([job]));
    const outcomes = await Promise.allSettled(calls);
    expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(1);
    expect((await transport.inspect(queue.name)).ready).toBe(2003);
  });

  it('refuses a transaction, and says what to do', async () => {
    const queue = queueOf();
    const transport = await connect({}, queue);
    await expect(transport.store([jobOf(queue)], {})).rejects.toMatchObject({ code: 'CQRS_NO_TRANSACTION' });
  });

  it('tries again after the delay, tells the last failure, and keeps the dead letter', async () => {
    const queue = queueOf();
    const transport = await connect({}, queue);
    const startedAt: number[] = [];
    const deliveries = await working(transport, queue, ({ attempt }) => {
      startedAt.push(Date.now());
      return failed(`no ${attempt}`);
    });
    const job = jobOf(queue, { retry: { limit: 2, delay: 300, backoff: true, maxDelay: 400 } });
    await transport.store([job]);
    const letter = await eventually(
      () => transport.deadLetters.get(queue.name, job.id),
      found => found !== undefined,
    );
    const failure = (n: number) => ({ name: 'CardDeclined', message: `no ${n}`, code: 'CARD', fields: { card: 7 } });
    expect(deliveries.map(({ attempt, attempts, lastFailure }) => [attempt, attempts, lastFailure])).toEqual([
      [1, 3, undefined],
      [2, 3, failure(1)],
      [3, 3, failure(2)],
    ]);
    expect(startedAt[1]! - startedAt[0]!).toBeGreaterThanOrEqual(149);
    expect(startedAt[2]! - startedAt[1]!).toBeGreaterThanOrEqual(199);
    expect(letter).toEqual({
      id: job.id,
      queue: queue.name,
      attempts: 3,
      reason: failure(3),
      diedAt: expect.any(Date),
      data: job.data,
    });
  });

  it('pages through dead letters, redrives with all attempts, and discards', async () => {
    const queue = queueOf();
    const transport = await connect({}, queue);
    let isFixed = false;
    const deliveries = await working(transport, queue, () => (isFixed ? DONE : failed()));
    const jobs = jobsOf(5, queue, { retry: retries(1) });
    await transport.store(jobs);
    await eventually(
      () => transport.inspect(queue.name),
      ({ dead }) => dead === 5,
    );
    const { deadLetters } = transport;
    const all = await deadLetters.list(queue.name, { limit: 10 });
    expect(all.map(({ diedAt }) => +diedAt)).toEqual(all.map(({ diedAt }) => +diedAt).toSorted((a, b) => a - b));
    const pages = [
      await deadLetters.list(queue.name, { limit: 2 }),
      await deadLetters.list(queue.name, { limit: 2, after: all[1]!.id }),
      await deadLetters.list(queue.name, { limit: 2, after: all[3]!.id }),
      await deadLetters.list(queue.name, { limit: 2, after: all[4]!.id }),
    ];
    expect(pages.map(page => page.length)).toEqual([2, 2, 1, 0]);
    expect(ids(pages.flat())).toEqual(ids(all));

    deliveries.length = 0;
    const [first, second] = all;
    expect(await deadLetters.redrive(queue.name, first!.id)).toBe(true);
    await until(() => deliveries.length === 2);
    expect(deliveries.map(({ attempt, lastFailure }) => [attempt, lastFailure?.name])).toEqual([
      [1, undefined],
      [2, 'CardDeclined'],
    ]);
    isFixed = true;
    await eventually(
      () => deadLetters.redrive(queue.name, first!.id),
      isDone => isDone,
    );
    await eventually(
      () => transport.inspect(queue.name),
      ({ handledLastMinute }) => handledLastMinute === 1,
    );
    expect(await deadLetters.redrive(queue.name, first!.id)).toBe(false);
    expect(await deadLetters.discard(queue.name, first!.id)).toBe(false);
    expect(await deadLetters.discard(queue.name, second!.id)).toBe(true);
    expect(await deadLetters.discard(queue.name, second!.id)).toBe(false);
    expect(await deadLetters.get(queue.name, second!.id)).toBeUndefined();
    expect((await transport.inspect(queue.name)).dead).toBe(3);
    expect(await transport.store([jobOf(queue, { id: second!.id })])).toEqual([{ id: second!.id, isDuplicate: false }]);
  });

  it('finds the page after a dead letter that was redriven', async () => {
    const queue = queueOf();
    const transport = await connect({}, queue);
    let isFixed = false;
    await working(transport, queue, async () => {
      await new Promise(resolve => setTimeout(resolve, 2));
      return isFixed ? DONE : dead();
    });
    await transport.store(jobsOf(4, queue));
    await eventually(
      () => transport.inspect(queue.name),
      ({ dead }) => dead === 4,
    );
    isFixed = true;
    const { deadLetters } = transport;
    const all = ids(await deadLetters.list(queue.name, { limit: 4 }));
    await deadLetters.redrive(queue.name, all[1]!);
    await eventually(
      () => transport.inspect(queue.name),
      ({ handledLastMinute }) => handledLastMinute === 1,
    );
    expect(ids(await deadLetters.list(queue.name, { limit: 4, after: all[1]! }))).toEqual(all.slice(2));
    expect(ids(await deadLetters.list(queue.name, { limit: 1, after: 'absent' }))).toEqual(all.slice(0, 1));
  });

  it.each(['data', 'type'])('shows a dead letter of another program whose %s is wrong, and discards it', async what => {
    const queue = queueOf();
    const transport = await connect({}, queue);
    await working(transport, queue, () => dead());
    await transport.store([jobOf(queue, { id: 'own' })]);
    const redis = new Redis({ host: broker.host, port: broker.port });
    const key = (name: string) => `cqrs:${queue.name.replace(':', '~003a')}:${name}`;
    if (what === 'data') await redis.hset(key('m-other'), { name: 'x', data: '{no', opts: '{}', finishedOn: '1' });
    else await redis.set(key('m-other'), 'text');
    await redis.zadd(key('failed'), 1, 'm-other');
    redis.disconnect();
    const { deadLetters } = transport;
    const list = () => deadLetters.list(queue.name, { limit: 10 });
    expect(ids(await eventually(list, found => found.length === 2))).toEqual(['other', 'own']);
    // Dies again, as its data are no better.
    expect(await deadLetters.redrive(queue.name, 'other')).toBe(what === 'data');
    await eventually(list, found => found.length === 2);
    expect(await deadLetters.discard(queue.name, 'other')).toBe(true);
    expect(ids(await list())).toEqual(['own']);
  });

  it('passes over schedules and queues of another program that cannot be read, and tells of them once', async () => {
    const queue = queueOf();
    const transport = await connect({}, queue);
    const redis = new Redis({ host: broker.host, port: broker.port });
    const key = `cqrs:${queue.name.replace(':', '~003a')}:repeat`;
    await redis.hset(`${key}:odd`, { name: 'x', pattern: '* * * * *', data: '{no', opts: '{no' });
    await redis.set(`${key}:text`, 'no fields');
    await redis.zadd(key, 1, 'odd', 2, 'text');
    await redis.hset('cqrs:queues', '', '1');
    const schedules = transport.schedules!;
    const { data, retry } = jobOf(queue);
    const own = { name: 'own', queue: queue.name, cron: '0 3 * * *', timeZone: 'UTC', data, retry, isDeclared: true };
    await schedules.set(own);
    expect(await schedules.list()).toEqual([own]);
    const said = (id: string) => `The schedule "${id}" of the queue "${queue.name}" cannot be read, and is left out`;
    expect(reported).toEqual([
      expect.stringContaining(`${said('odd')}: SyntaxError`),
      expect.stringContaining(`${said('text')}: ReplyError: `),
    ]);
    await redis.del(`${key}:odd`, `${key}:text`, key);
    await redis.hdel('cqrs:queues', '');
    redis.disconnect();
  });

  it('counts what waits, runs and is delayed', async () => {
    const queue = queueOf();
    const transport = await connect({}, queue);
    const before = Date.now();
    await transport.store([...jobsOf(3, queue), jobOf(queue, { delay: 60_000 })]);
    const waiting = await transport.inspect(queue.name);
    expect(waiting).toEqual({
      ready: 3,
      delayed: 1,
      active: 0,
      dead: 0,
      oldest: expect.any(Date),
      handledLastMinute: 0,
    });
    expect(+waiting.oldest!).toBeGreaterThanOrEqual(before);
    const gate = pending();
    const deliveries = await working(transport, queue, () => gate.promise.then(() => DONE));
    await until(() => deliveries.length > 0);
    expect(await transport.inspect(queue.name)).toMatchObject({ ready: 2, active: 1 });
    gate.finish();
  });

  it('gives a job whose handler blocks longer than its lease to another worker, and tells the first', async () => {
    const queue = queueOf();
    const transports = [await connect({ lease: 1000 }, queue), await connect({ lease: 1000 }, queue)];
    const block = (): void => {
      const end = Date.now() + 3000;
      while (Date.now() < end);
    };
    const first = await working(transports[0]!, queue, async ({ signal }) => {
      if (first.length > 1) return DONE;
      block();
      await new Promise(resolve => (signal.aborted ? resolve(undefined) : signal.addEventListener('abort', resolve)));
      return DONE;
    });
    const job = jobOf(queue);
    await transports[0]!.store([job]);
    await until(() => first.length > 0);
    const second = await working(transports[1]!, queue);
    await until(() => first.length + second.length > 1);
    const [again] = [...first.slice(1), ...second];
    expect([again!.id, again!.attempt, first[0]!.signal.aborted]).toEqual([job.id, 2, true]);
    await eventually(
      () => transports[1]!.inspect(queue.name),
      ({ handledLastMinute }) => handledLastMinute === 1,
    );
    expect(reported).toEqual([expect.stringContaining('has lost the job')]);
  }, 30_000);

  it('keeps a handler that runs longer than its lease', async () => {
    const queue = queueOf(2);
    // So long that a busy machine can renew it in time.
    const transport = await connect({ lease: 2000 }, queue);
    const deliveries = await working(transport, queue, async () => {
      await new Promise(resolve => setTimeout(resolve, 5000));
      return DONE;
    });
    await transport.store([jobOf(queue)]);
    await eventually(
      () => transport.inspect(queue.name),
      ({ handledLastMinute }) => handledLastMinute === 1,
    );
    expect([deliveries.length, deliveries[0]!.signal.aborted, reported]).toEqual([1, false, []]);
  }, 30_000);

  it('stops taking jobs, and waits for what runs', async () => {
    const queue = queueOf();
    const transport = await connect({}, queue);
    const gate = pending();
    const deliveries = await working(transport, queue, () => gate.promise.then(() => DONE));
    const jobs = jobsOf(2, queue);
    await transport.store(jobs);
    await until(() => deliveries.length > 0);
    let isStopped = false;
    const stopped = transport.stopIntake().then(() => (isStopped = true));
    await transport.store(jobsOf(1, queue));
    await new Promise(resolve => setTimeout(resolve, 200));
    expect([isStopped, deliveries.length]).toEqual([false, 1]);
    gate.finish();
    await stopped;
    expect(await transport.inspect(queue.name)).toMatchObject({ handledLastMinute: 1, ready: 2, active: 0 });
    expect(deliveries).toHaveLength(1);
  });

  it('gives nothing to an idle worker that has stopped', async () => {
    const queue = queueOf();
    const transport = await connect({}, queue);
    const deliveries = await working(transport, queue);
    await new Promise(resolve => setTimeout(resolve, 100));
    await transport.stopIntake();
    await transport.store(jobsOf(3, queue));
    await new Promise(resolve => setTimeout(resolve, 500));
    expect(deliveries).toEqual([]);
    const other = await connect({}, queue);
    const taken = await working(other, queue);
    await until(() => taken.length === 3);
    expect(taken.map(({ attempt }) => attempt)).toEqual([1, 1, 1]);
  });

  it('hands back what runs when it is closed, without counting the attempt', async () => {
    const queue = queueOf();
    const transport = await connect({}, queue);
    const deliveries = await working(
      transport,
      queue,
      ({ signal }) =>
        // Ends as soon as it is told.
        new Promise(resolve => signal.addEventListener('abort', () => resolve(failed()))),
    );
    const job = jobOf(queue);
    await transport.store([job]);
    await until(() => deliveries.length > 0);
    const other = await connect({}, queue);
    const again = await working(other, queue);
    await transport.close();
    expect(deliveries[0]!.signal.aborted).toBe(true);
    await until(() => again.length > 0);
    expect(again.map(({ id, attempt, lastFailure }) => [id, attempt, lastFailure])).toEqual([[job.id, 1, undefined]]);
    expect(reported).toEqual([]);
  });

  it('stores, lists, replaces and removes schedules', async () => {
    const [queue, other] = [queueOf(), queueOf()];
    const transport = await connect({}, queue, other);
    const schedules = transport.schedules!;
    const { data, retry } = jobOf(queue);
    const nightly = { name: 'a:nightly', queue: queue.name, cron: '0 3 * * *', timeZone: 'Europe/Berlin' };
    const stored = { ...nightly, data, retry, isDeclared: true };
    await schedules.set(stored);
    await schedules.set(stored);
    const listed = async () => (await schedules.list()).filter(({ name }) => name === stored.name);
    expect(await listed()).toEqual([stored]);
    const moved = { ...stored, queue: other.name, cron: '5 3 * * *', isDeclared: false };
    await schedules.set(moved);
    expect(await listed()).toEqual([moved]);
    expect((await transport.inspect(queue.name)).delayed).toBe(0);
    expect(await schedules.remove(stored.name)).toBe(true);
    expect(await schedules.remove(stored.name)).toBe(false);
    expect(await listed()).toEqual([]);
    await expect(schedules.set({ ...stored, cron: 'often' })).rejects.toThrow('Validation error');
  });

  it('runs a schedule, each time under an id of its own', async () => {
    const queue = queueOf();
    const transport = await connect({}, queue);
    const { data, retry } = jobOf(queue);
    const deliveries = await working(transport, queue, () => dead());
    // Six fields, so that the test need not wait for a minute.
    const everySecond = { name: 'often', queue: queue.name, cron: '* * * * * *', timeZone: 'UTC' };
    await transport.schedules!.set({ ...everySecond, data, retry, isDeclared: false });
    await until(() => deliveries.length > 1);
    await transport.schedules!.remove('often');
    const [one, two] = ids(deliveries);
    expect(one).not.toBe(two);
    expect(deliveries[0]!.data).toEqual(data);
    const letter = () => transport.deadLetters.get(queue.name, one!);
    expect((await eventually(letter, found => found !== undefined))!.id).toBe(one);
    expect(await transport.deadLetters.discard(queue.name, one!)).toBe(true);
  });

  it('makes no warning of listeners for many queues', async () => {
    const warnings: Error[] = [];
    const warned = (warning: Error) => void warnings.push(warning);
    process.on('warning', warned);
    const queues = Array.from({ length: 20 }, () => queueOf());
    const transport = await connect({}, ...queues);
    await Promise.all(queues.map(queue => working(transport, queue)));
    await transport.store(queues.map(queue => jobOf(queue)));
    await transport.close();
    process.off('warning', warned);
    expect(warnings).toEqual([]);
  });
});
