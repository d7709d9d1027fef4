import { redisBusDriver } from 'bentocache/drivers/redis';
import { Redis } from 'ioredis';
import { lastingBus } from '../../../../lib/integrations/cache/index.js';

type Strategies = Record<'retryStrategy' | 'sentinelRetryStrategy', (times: number) => unknown>;

describe('lastingBus()', () => {
  const connection = { host: '127.0.0.1', port: 1, lazyConnect: true };

  it('refuses an instance of ioredis', () => {
    expect(() => lastingBus(redisBusDriver, { connection: new Redis(connection) })).toThrow(
      /^lastingBus\(\) was given an instance of ioredis.+Give it the options: \{ connection: \{ host, port \} \}\. \[CQRS_INVALID_OPTIONS\]$/,
    );
  });

  it('gives BentoCache the options of the driver', () => {
    const options = { connection, retryQueue: { enabled: true, retryInterval: 5 } };
    expect(lastingBus(redisBusDriver, options)).toMatchObject({ options });
  });

  it.each([
    ['of ioredis', undefined, [50, 1000, 2000]],
    ['of the user', (times: number) => times * 7, [7, 140, 700]],
    ['of ioredis where those of the user end', (times: number) => (times > 1 ? null : 3), [3, 1000, 2000]],
    ['of ioredis where the user turns them off', null, [50, 1000, 2000]],
  ])('connects again with the pauses %s, until it is disconnected', async (_, retryStrategy, pauses) => {
    let strategies: Strategies | undefined;
    const transport = { subscribe: async () => undefined, disconnect: async () => Promise.reject(new Error('away')) };
    const driverOf = (options: { connection: object }) => ({
      factory: () => ((strategies = options.connection as Strategies), transport),
    });
    const bus = lastingBus(driverOf, { connection: { retryStrategy } }).factory();
    expect([1, 20, 100].map(times => strategies!.retryStrategy(times))).toEqual(pauses);
    expect([1, 20, 1000].map(times => strategies!.sentinelRetryStrategy(times))).toEqual([10, 200, 1000]);
    await bus.disconnect();
    expect([strategies!.retryStrategy(1), strategies!.sentinelRetryStrategy(1)]).toEqual([null, null]);
  });
});
