import type { ConnectionOptions } from 'bullmq';
import type { DurableTransport } from '../../extension.js';
import { checkConnection, readOptions, type BullMQOptions } from './options.js';
import { BullMQTransport } from './transport.js';

export type { BullMQKeepOptions, BullMQOptions } from './options.js';

/**
 * Keeps durable messages in Redis, in queues of BullMQ 6: `CqrsModule.forRoot({ durable: { transport: bullmq(…) } })`.
 * A list of messages is stored in one transaction of Redis: all of it, or nothing. Redis has to keep what it is told
 * (`appendonly yes`, `maxmemory-policy noeviction`). An attempt whose process dies is one more than the retries say.
 * Delays are measured by the clocks of the processes, which must agree.
 * @param connection options of ioredis 5, `{ host, port }` or `{ url }`, or a client whose options are used. The
 * transport makes connections of its own, two and one for each worked queue, and closes them with the application. It
 * sets `maxRetriesPerRequest`, `enableOfflineQueue` and `lazyConnect`. A call waits for an answer for 10,000 ms, unless
 * `commandTimeout` says otherwise.
 * @throws CqrsException (code CQRS_INVALID_OPTIONS)
 */
export function bullmq(connection: ConnectionOptions, options: BullMQOptions = {}): DurableTransport {
  checkConnection(connection);
  return new BullMQTransport(connection, readOptions(options));
}
