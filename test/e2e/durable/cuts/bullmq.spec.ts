import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { bullmq } from 'nestjs-cqrs/bullmq';
import { describeWithRedis } from '../../../support/brokers.js';
import { escaped } from '../../../support/escaped-rejections.js';
import { redisProtocol } from '../../../support/wire-protocols.js';
import { queueOf } from '../durable-runs.js';
import { cutEverywhere, WAYS } from './cases.js';
import { dyingWithin, yearly } from './dying.js';

const LEASE = 1000;

/** A script begins with the comment of that of BullMQ. */
const isStore = (kind: string): boolean => kind === 'exec' || kind.startsWith('script Adds a ');

describeWithRedis('BullMQ, cut at each command', broker => {
  const protocol = redisProtocol();

  it.each(WAYS)(
    'loses no message where the $what is cut $side it',
    async way => {
      const make = (host: string, port: number) => bullmq({ host, port }, { lease: LEASE });
      const engine = { host: broker.host, port: broker.port, protocol, lease: LEASE, settles: 300, make };
      const { wrong, cuts } = await cutEverywhere(engine, way, isStore);
      expect(wrong).toEqual([]);
      expect(cuts).toBeGreaterThan(10);
      expect(escaped).toEqual([]);
    },
    120_000,
  );

  describe.each(['before', 'after'] as const)('a process that dies %s a schedule is removed', side => {
    const kind = 'script Removes a job scheduler and its next scheduled job.';
    const prefix = `cqrs-${randomUUID()}`;
    const make = (host: string, port: number) => bullmq({ host, port }, { lease: LEASE, prefix });
    const engineOf = () => ({ host: broker.host, port: broker.port, protocol, lease: LEASE, make });

    beforeAll(async () => {
      // A step is named by the text of its script, which is sent once.
      const redis = new Redis(broker.port, broker.host);
      await redis.script('FLUSH');
      redis.disconnect();
    });

    it('leaves it as a whole, or nothing of it', async () => {
      const queue = queueOf();
      const nightly = yearly('nightly', queue);
      await dyingWithin(engineOf(), {
        queues: [queue],
        cut: { side, kind },
        prepare: async first => {
          await first.set(nightly);
          await first.remove('absent');
        },
        call: first => first.remove('nightly'),
        look: async second => {
          expect(await second.schedules!.list()).toEqual(side === 'before' ? [nightly] : []);
          expect((await second.inspect(queue.name)).delayed).toBe(side === 'before' ? 1 : 0);
          expect(await second.schedules!.remove('nightly')).toBe(side === 'before');
          expect(await second.schedules!.list()).toEqual([]);
          expect((await second.inspect(queue.name)).delayed).toBe(0);
        },
      });
    });

    it('from its former queue leaves both, and the next start leaves the new one', async () => {
      const [former, queue] = [queueOf(), queueOf()];
      const moved = yearly('moved', queue);
      await dyingWithin(engineOf(), {
        queues: [former, queue],
        cut: { side, kind },
        prepare: async first => {
          await first.set(yearly('moved', former));
          await first.remove('absent');
        },
        call: first => first.set(moved),
        look: async second => {
          expect(await second.schedules!.list()).toHaveLength(side === 'before' ? 2 : 1);
          await second.schedules!.set(moved);
          expect(await second.schedules!.list()).toEqual([moved]);
          expect((await second.inspect(former.name)).delayed).toBe(0);
        },
      });
    });
  });
});
