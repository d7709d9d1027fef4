import { once } from 'node:events';
import { RedisConnection, type ConnectionOptions, type IRedisClient, type RedisOptions } from 'bullmq';
import { defineFinish } from './finish-script.js';
import type { Outage } from './outage.js';
import { defineScripts } from './scripts.js';
import { defineStore } from './store-script.js';
import { within } from './within.js';

/** How long `open()` waits for Redis, in milliseconds. */
const OPEN_LIMIT = 10_000;

/** How long a call waits for a connection that is made again, in milliseconds. */
const RECONNECT_LIMIT = 2000;

/** How long a call waits for an answer, in milliseconds; unless the options say `commandTimeout`. */
const ANSWER_LIMIT = 10_000;

type Client = 'calls' | 'workers';

/** Callers are told at once that Redis is away; workers wait until it is back. */
const OPTIONS = {
  calls: { maxRetriesPerRequest: 0, enableOfflineQueue: false },
  workers: { maxRetriesPerRequest: null, enableOfflineQueue: true, commandTimeout: undefined },
} as const;

const retryStrategy = (times: number): number => Math.min(times * 100, 1000);

/** One connection to Redis for all calls, and one for all workers, which have another one each. */
export class Connections {
  private readonly connections: Partial<Record<Client, RedisConnection>> = {};
  private readonly clients: Partial<Record<Client, IRedisClient>> = {};
  private opening: Promise<void> | undefined;

  constructor(
    private readonly options: ConnectionOptions,
    private readonly outage: Outage,
  ) {}

  /** For `Queue`. */
  get calls(): IRedisClient {
    return this.client('calls');
  }

  /** For `Worker`. */
  get workers(): IRedisClient {
    return this.client('workers');
  }

  get isConnected(): boolean {
    return this.clients.calls?.status === 'ready' && this.clients.workers?.status === 'ready';
  }

  /** Rejects if Redis cannot be reached; then it may be called again. */
  open(): Promise<void> {
    return (this.opening ??= this.connectAll());
  }

  /** For calls. Waits for the next try to connect if the connection is lost; then ioredis refuses the call. */
  async ready(): Promise<IRedisClient> {
    const { calls } = this;
    if (calls.status === 'ready' || calls.status === 'end') return calls;
    const waiting = new AbortController();
    await within(once(this.connections.calls!, 'ready', waiting), RECONNECT_LIMIT).catch(() => undefined);
    waiting.abort();
    return calls;
  }

  /** Also where Redis does not answer. */
  async close(): Promise<void> {
    this.opening = undefined;
    const open = Object.values(this.connections);
    for (const name of ['calls', 'workers'] as const) {
      delete this.connections[name];
      delete this.clients[name];
    }
    await Promise.allSettled(open.map(connection => connection.close(true)));
  }

  private async connectAll(): Promise<void> {
    try {
      const [calls, workers] = await Promise.all([this.connect('calls'), this.connect('workers')]);
      defineScripts(calls);
      defineStore(calls);
      defineFinish(workers);
      Object.assign(this.clients, { calls, workers });
      this.connections.calls!.on('ready', () => this.outage.over()).on('close', () => this.outage.lost());
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  private client(name: Client): IRedisClient {
    const client = this.clients[name];
    if (client === undefined) throw new Error('The connection to Redis is not open.');
    return client;
  }

  private async connect(name: Client): Promise<IRedisClient> {
    const connection = new RedisConnection(this.optionsOf(name), { blocking: false });
    this.connections[name] = connection;
    const failed = new Promise<never>((_, reject) => connection.once('error', reject));
    connection.on('error', error => this.outage.failed('A connection to Redis failed', error));
    const client = await within(Promise.race([connection.client, failed]), OPEN_LIMIT);
    if (client === undefined) throw new Error(`Redis has not answered within ${OPEN_LIMIT} ms.`);
    // BullMQ takes its own away when it closes, and ioredis prints an error that has no listener.
    client.on('error', () => undefined);
    // Each queue and each worker listens to it. BullMQ adds to the number, and 0 would be none any more.
    client.setMaxListeners(1_000_000);
    return client;
  }

  private optionsOf(name: Client): ConnectionOptions {
    const { options } = this;
    const isClient = typeof options['duplicate'] === 'function';
    const given = (isClient ? options['options'] : options) as RedisOptions;
    const commandTimeout = given['redisOptions']?.commandTimeout ?? given['commandTimeout'] ?? ANSWER_LIMIT;
    const own = { lazyConnect: false, ...(name === 'calls' && { commandTimeout }), ...OPTIONS[name] };
    if (!isClient) return { retryStrategy, ...options, ...own };
    if (options['isCluster'] !== true) return options.duplicate(own);
    return options.duplicate(undefined, { redisOptions: { ...given['redisOptions'], ...own } });
  }
}
