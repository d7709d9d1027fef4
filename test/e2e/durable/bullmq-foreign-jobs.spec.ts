import { Queue } from 'bullmq';
import type { DurableTransport, QueueSpec } from 'nestjs-cqrs/extension';
import { encodeName } from '../../../lib/integrations/bullmq/encoding.js';
import { describeWithRedis } from '../../support/brokers.js';
import { BullMQTransports } from '../../support/bullmq-transports.js';
import { until } from '../../support/waiting.js';
import { dead, DONE, eventually, ids, jobOf, jobsOf, queueOf, working } from './durable-runs.js';

describeWithRedis('jobs of other programs in a queue of BullMQ', broker => {
  const transports = new BullMQTransports(broker);
  const { connect, keyOf, reported } = transports;
  const letters = (transport: DurableTransport, { name }: QueueSpec) => transport.deadLetters.list(name, { limit: 10 });

  /** As a program would that knows the keys of BullMQ, and writes a field wrongly. */
  const writeJob = async (queue: QueueSpec, id: string, fields: Record<string, string>): Promise<void> => {
    await transports.redis.hset(keyOf(queue, id), {
      name: 'x',
      data: '{}',
      opts: '{"attempts":6}',
      timestamp: '1',
      ...fields,
    });
    await transports.redis.lpush(keyOf(queue, 'wait'), id);
    await transports.redis.zadd(keyOf(queue, 'marker'), 0, '0');
  };

  it.each([1, 8])('are delivered although their data are not JSON, at concurrency %d', async concurrency => {
    const queue = queueOf(concurrency);
    const transport = await connect(queue);
    await writeJob(queue, 'm-first', { data: '{no' });
    expect((await transport.inspect(queue.name)).oldest).toEqual(new Date(1));
    await transport.store(jobsOf(5, queue));
    await writeJob(queue, 'm-second', { data: '{no' });
    await transport.store(jobsOf(5, queue));
    const deliveries = await working(transport, queue, ({ data }) => (data === '{no' ? dead('not JSON') : DONE));
    await until(() => deliveries.length === 12);
    const found = await eventually(
      () => letters(transport, queue),
      ({ length }) => length === 2,
    );
    expect(found.map(({ id, attempts, reason, data }) => [id, attempts, reason?.message, data])).toEqual([
      ['first', 1, 'not JSON', '{no'],
      ['second', 1, 'not JSON', '{no'],
    ]);
    expect([deliveries.length, reported]).toEqual([12, []]);
  });

  it.each(['opts', 'progress', 'stacktrace', 'returnvalue', 'parent'])(
    'are delivered although what BullMQ keeps in %s is not JSON',
    async field => {
      const queue = queueOf();
      const transport = await connect(queue);
      await transport.store([jobOf(queue, { id: 'before' })]);
      await writeJob(queue, 'm-odd', { [field]: '{no' });
      await writeJob(queue, 'm-null', { [field]: 'null' });
      const deliveries = await working(transport, queue);
      await until(() => deliveries.length === 3);
      expect(ids(deliveries)).toEqual(['before', 'odd', 'null']);
      await eventually(
        () => transport.inspect(queue.name),
        ({ handledLastMinute }) => handledLastMinute === 3,
      );
      expect(reported).toEqual([]);
    },
  );

  it.each(['{no', '{"id":5}', '{"id":"5"}', ''])('die although their parent is %j', async parent => {
    const queue = queueOf();
    const transport = await connect(queue);
    await writeJob(queue, 'm-child', { parent });
    await working(transport, queue, () => dead());
    const found = await eventually(
      () => letters(transport, queue),
      ({ length }) => length === 1,
    );
    expect([ids(found), reported]).toEqual([['child'], []]);
  });

  it.each(['17', 'by-hand', 'm-a b', 'm-~003A'])('are found among the dead letters by the id %j', async id => {
    const queue = queueOf();
    const transport = await connect(queue);
    await working(transport, queue, () => dead());
    await writeJob(queue, id, {});
    const { deadLetters } = transport;
    const listed = async () => ids(await letters(transport, queue));
    await eventually(listed, found => found.length === 1);
    expect(await listed()).toEqual([id]);
    expect(await deadLetters.get(queue.name, id)).toMatchObject({ id, attempts: 1 });
    expect(await deadLetters.list(queue.name, { limit: 10, after: id })).toEqual([]);
    expect(await deadLetters.redrive(queue.name, id)).toBe(true);
    await eventually(listed, found => found.length === 1);
    expect(await deadLetters.discard(queue.name, id)).toBe(true);
    expect(await deadLetters.discard(queue.name, id)).toBe(false);
    expect(await deadLetters.redrive(queue.name, id)).toBe(false);
  });

  it('give way to a message of the same id', async () => {
    const queue = queueOf();
    const transport = await connect(queue);
    await working(transport, queue, () => dead());
    await writeJob(queue, '17', {});
    await transport.store([jobOf(queue, { id: '17' })]);
    await eventually(
      () => letters(transport, queue),
      found => found.length === 2,
    );
    const { deadLetters } = transport;
    const found = async () => (await deadLetters.get(queue.name, '17'))?.data;
    expect(await found()).toMatchObject({ kind: 'command' });
    expect(await deadLetters.discard(queue.name, '17')).toBe(true);
    expect(await found()).toEqual({});
    expect(await deadLetters.discard(queue.name, '17')).toBe(true);
    expect(await found()).toBeUndefined();
  });

  it('come from Queue.add() too', async () => {
    const queue = queueOf();
    const transport = await connect(queue);
    await working(transport, queue, () => dead());
    const bare = new Queue(encodeName(queue.name), {
      connection: { host: broker.host, port: broker.port },
      prefix: 'cqrs',
    });
    const { id } = await bare.add('x', { to: 'ada' });
    await bare.close();
    const found = await eventually(
      () => transport.deadLetters.get(queue.name, id!),
      letter => letter !== undefined,
    );
    expect(found).toMatchObject({ id, attempts: 1, data: { to: 'ada' } });
  });
});
