import { setTimeout as pause } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { CqrsException } from '../../extension.js';

const logger = new Logger('CqrsCache');

/** Milliseconds before another try. */
const PAUSE = 500;

/** Milliseconds before ioredis connects again, and asks sentinels again, as it is by its default. */
const RETRYING = {
  retryStrategy: (times: number): number => Math.min(times * 50, 2000),
  sentinelRetryStrategy: (times: number): number => Math.min(times * 10, 1000),
};

/** What is used of a driver of `@boringnode/bus`, which BentoCache uses. */
export interface AnyBusTransport {
  subscribe(channel: string, handler: (payload: never) => void): Promise<void>;
  disconnect(): Promise<void>;
}

/** What `useBus()` of BentoCache takes. */
export interface AnyBusDriver {
  factory(...given: never[]): AnyBusTransport;
}

type Strategy = (times: number) => unknown;

/** Options of ioredis, not an instance. */
type ConnectionOptions = { readonly [Name in keyof typeof RETRYING]?: unknown };

/**
 * A bus in Redis for `useBus()` of BentoCache: `lastingBus(redisBusDriver, { connection })`.
 *
 * Alone, `redisBusDriver` subscribes once, and leaves the rejection to the process: one that starts while Redis is away
 * ends some 10 seconds later. It also connects again and again after the application has closed. This one subscribes until
 * it has succeeded, also where a `retryStrategy` gives up, and stops when it is disconnected.
 * @param driverOf `redisBusDriver` of `bentocache/drivers/redis`
 * @param options its options; `connection` must be options of ioredis, and no instance of it
 * @throws CqrsException (CQRS_INVALID_OPTIONS)
 */
export function lastingBus<Options extends { readonly connection: object }, Driver extends AnyBusDriver>(
  driverOf: (options: Options) => Driver,
  options: Options,
): Driver {
  if ('duplicate' in options.connection) throw instanceGiven();
  const connection: ConnectionOptions = options.connection;
  const factory = (...given: never[]): AnyBusTransport => {
    const end = new AbortController();
    const whileOpen = (name: keyof typeof RETRYING) => (times: number) => {
      if (end.signal.aborted) return null;
      const strategy = connection[name];
      const milliseconds = typeof strategy === 'function' ? (strategy as Strategy)(times) : undefined;
      return typeof milliseconds === 'number' ? milliseconds : RETRYING[name](times);
    };
    const strategies = {
      retryStrategy: whileOpen('retryStrategy'),
      sentinelRetryStrategy: whileOpen('sentinelRetryStrategy'),
    };
    const own = { ...options, connection: { ...connection, ...strategies } };
    return lasting(driverOf(own).factory(...given), end);
  };
  // As that of the driver, save that two methods of its transport are others.
  return { ...driverOf(options), factory } as Driver;
}

function lasting(transport: AnyBusTransport, end: AbortController): AnyBusTransport {
  const subscribe = transport.subscribe.bind(transport);
  const disconnect = transport.disconnect.bind(transport);
  return Object.assign(transport, {
    async subscribe(...given: Parameters<AnyBusTransport['subscribe']>): Promise<void> {
      for (let isTold = false; !end.signal.aborted; isTold = true)
        try {
          return await subscribe(...given);
        } catch (error) {
          if (!isTold && !end.signal.aborted) tell(error);
          await pause(PAUSE, undefined, { ref: false });
        }
    },
    async disconnect(): Promise<void> {
      end.abort();
      // Rejects where Redis is away, and then has ended, too.
      await disconnect().catch(() => undefined);
    },
  });
}

const tell = (error: unknown): void =>
  logger.warn(
    `The bus of the cache does not hear other processes yet, and goes on trying: ${error instanceof Error ? error.message : String(error)}`,
  );

const instanceGiven = (): CqrsException =>
  new CqrsException({
    code: 'CQRS_INVALID_OPTIONS',
    what: 'lastingBus() was given an instance of ioredis: BentoCache copies it, and nothing could end the copies.',
    where: 'lastingBus()',
    remedy: 'Give it the options: { connection: { host, port } }.',
  });
