import { Redis } from 'ioredis';
import type { DurableTransport } from 'nestjs-cqrs/extension';
import { bullmq } from 'nestjs-cqrs/bullmq';
import { encodeId, encodeName } from '../../../../lib/integrations/bullmq/encoding.js';
import { describeWithRedisOnDisk } from '../../../support/brokers.js';
import { testDurableConformance } from './cases.js';

const LEASE = 2000;

const features = {
  transaction: false,
  settleInTransaction: false,
  keys: 'none',
  schedules: true,
  survivesRestart: true,
} as const;

/**
 * BullMQ renews the lease of a handler as long as its process lives. The suite wants to see a lease end: the lock of a
 * first attempt that runs longer than it is taken away, as Redis does when a worker is silent.
 */
function withoutRenewal(transport: DurableTransport, redis: () => Redis): DurableTransport {
  const work: DurableTransport['work'] = (queue, run) =>
    transport.work(queue, async delivery => {
      const lock = `cqrs:${encodeName(queue.name)}:${encodeId(delivery.id)}:lock`;
      const taken = delivery.attempt > 1 ? undefined : setTimeout(() => void redis().del(lock), LEASE);
      return run(delivery).finally(() => clearTimeout(taken));
    });
  return Object.assign(Object.create(transport) as DurableTransport, { work });
}

describeWithRedisOnDisk(
  'BullMQ conforms',
  broker => {
    let redis: Redis | undefined;
    const connected = () => (redis ??= new Redis(broker.port, broker.host));
    testDurableConformance({
      name: 'bullmq',
      features,
      lease: LEASE,
      transport: async () =>
        withoutRenewal(bullmq({ host: broker.host, port: broker.port }, { lease: LEASE }), connected),
      restart: () => broker.restart(),
      end: async () => redis?.disconnect(),
    });
  },
  { restarts: true },
);
