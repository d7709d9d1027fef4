import { Cluster, Redis } from 'ioredis';
import { bullmq } from 'nestjs-cqrs/bullmq';
import type { DurableTransport } from 'nestjs-cqrs/extension';
import { describeWithRedisCluster } from '../../support/brokers.js';
import { until } from '../../support/waiting.js';
import { dead, DONE, eventually, ids, jobOf, jobsOf, queueOf, working } from './durable-runs.js';

describeWithRedisCluster('BullMQ on a Redis Cluster', broker => {
  let client: Cluster;
  let transport: DurableTransport;

  beforeAll(async () => {
    const node = new Redis(broker.port, broker.host);
    await node.cluster('ADDSLOTSRANGE', 0, 16383);
    await eventually(
      () => node.cluster('INFO'),
      info => String(info).includes('cluster_state:ok'),
    );
    node.disconnect();
    client = new Cluster([{ host: broker.host, port: broker.port }]);
    transport = bullmq(client, { prefix: '{cqrs}' });
  });
  afterAll(async () => {
    await transport.close();
    client.disconnect();
  });

  it('stores several queues in one call, hands out, and keeps dead letters', async () => {
    const [queue, other] = [queueOf(4), queueOf()];
    await transport.open([queue, other], () => undefined);
    const jobs = jobsOf(5, queue);
    const last = jobOf(other);
    const stored = await transport.store([...jobs, last, jobs[0]!]);
    expect(stored.map(({ isDuplicate }) => isDuplicate)).toEqual([false, false, false, false, false, false, true]);
    const deliveries = await working(transport, queue, ({ id }) => (id === jobs[0]!.id ? dead() : DONE));
    await working(transport, other);
    await until(() => deliveries.length === 5);
    await eventually(
      () => transport.inspect(queue.name),
      ({ active, handledLastMinute }) => active === 0 && handledLastMinute === 4,
    );
    expect(ids(await transport.deadLetters.list(queue.name, { limit: 10 }))).toEqual([jobs[0]!.id]);
  });
});
