import { bullmq } from 'nestjs-cqrs/bullmq';
import { describeWithRedis } from '../../../support/brokers.js';
import { escaped } from '../../../support/escaped-rejections.js';
import { redisProtocol } from '../../../support/wire-protocols.js';
import { cutEverywhere, WAYS } from './cases.js';

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
});
