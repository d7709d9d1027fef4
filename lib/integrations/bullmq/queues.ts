import { Queue, type IRedisClient } from 'bullmq';
import type { Connections } from './connections.js';
import { decodeName, encodeName } from './encoding.js';
import type { Outage } from './outage.js';

/** The queues that this process has used, and the names of all that any process has opened. */
export class Queues {
  private readonly used = new Map<string, Queue>();

  constructor(
    private readonly connections: Connections,
    private readonly prefix: string,
    private readonly outage: Outage,
  ) {}

  /** Of BullMQ. */
  of(name: string): Queue {
    const known = this.used.get(name);
    if (known !== undefined) return known;
    const queue = new Queue(encodeName(name), { connection: this.connections.calls, prefix: this.prefix });
    queue.on('error', error => this.outage.failed(`The queue "${name}" failed`, error));
    this.used.set(name, queue);
    // BullMQ asks Redis for its version once, and keeps the failure: the queue could never be used again.
    queue.waitUntilReady().catch(() => this.forget(name, queue));
    return queue;
  }

  private forget(name: string, queue: Queue): void {
    if (this.used.get(name) === queue) this.used.delete(name);
    queue.close().catch(() => undefined);
  }

  /** For calls; ready, unless Redis is away. */
  client(): Promise<IRedisClient> {
    return this.connections.ready();
  }

  /** Names that `names()` gives back, in any process. */
  async register(names: readonly string[]): Promise<void> {
    if (names.length === 0) return;
    const client = await this.client();
    await client.hset(this.registry, Object.fromEntries(names.map(name => [encodeName(name), Date.now()])));
  }

  async names(): Promise<readonly string[]> {
    const client = await this.client();
    return Object.keys(await client.hgetall(this.registry))
      .filter(name => name !== '')
      .map(decodeName);
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.used.values()].map(queue => queue.close()));
    this.used.clear();
  }

  /** Keys of queues have another part after the name. */
  private get registry(): string {
    return `${this.prefix}:queues`;
  }
}
