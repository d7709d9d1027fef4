import { join } from 'node:path';
import { redisBusDriver } from 'bentocache/drivers/redis';
import { Redis } from 'ioredis';
import { lastingBus } from 'nestjs-cqrs/cache';
import { start } from '../../support/application.js';
import { describeWithRedis } from '../../support/brokers.js';
import { escaped } from '../../support/escaped-rejections.js';
import { runProgram } from '../../support/program.js';
import { quietLog } from '../../support/quiet-log.js';
import { until } from '../../support/waiting.js';
import { ReadRow, redisModule, WriteRow } from './redis-application.js';

const program = join(import.meta.dirname, 'closing-program.ts');

type Strategies = Record<'retryStrategy' | 'sentinelRetryStrategy', (times: number) => unknown>;

describeWithRedis(
  'A cache in Redis that is away when the application starts',
  broker => {
    const startHere = async () => {
      const { Rows, metadata } = redisModule(broker.port, { read: async () => 0 });
      const started = await start(metadata);
      return { ...started, heard: started.app.get(Rows).heard };
    };

    it('is passed by, and its bus hears once Redis is there', async () => {
      const { warn } = quietLog();
      await broker.kill();
      const [one, other] = [await startHere(), await startHere()];
      expect(await one.queries.ask(new ReadRow('early'))).toBe(0);
      // After 20 tries to connect, ioredis rejects what waits.
      const text = 'The bus of the cache does not hear other processes yet, and goes on trying: ';
      const told = () => warn.mock.calls.map(([said]) => String(said)).filter(said => said.startsWith(text));
      await until(() => told().length === 2);
      await broker.startAgain();
      await until(async () => {
        await other.commands.dispatch(new WriteRow('early', 1));
        return one.heard.includes('row:early elsewhere');
      });
      expect(told()).toHaveLength(2);
      expect(escaped).toEqual([]);
    }, 60_000);

    it.each([
      ['at once', 0],
      ['later', 1500],
    ])(
      'does not keep the process that closes %s',
      async (_, open) => {
        await broker.kill();
        const { code, signal, output, errors } = await runProgram(program, [`${broker.port}`, `${open}`], {}, 45_000);
        await broker.startAgain();
        // ioredis writes what it cannot tell anybody.
        const others = errors.split('\n').filter(line => line !== '' && !/^(\[ioredis\]|\s+at )/.test(line));
        expect({ code, signal, output, others }).toEqual({ code: 0, signal: null, output: 'closed', others: [] });
      },
      60_000,
    );
  },
  { restarts: true },
);

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
