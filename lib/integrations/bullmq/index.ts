import type { ConnectionOptions } from 'bullmq';
import type { DurableTransport } from '../../extension.js';
import { checkConnection, readOptions, type BullMQOptions } from './options.js';
import { BullMQTransport } from './transport.js';

export type { BullMQKeepOptions, BullMQOptions } from './options.js';

/**
 * Keeps durable messages in Redis, in queues of BullMQ 6: `CqrsModule.forRoot({ durable: { transport: bullmq(…) } })`.
 * - A list of messages is stored in one step of Redis: all of them, or none. A transaction of a database is refused with
 *   a CqrsException (code CQRS_NO_TRANSACTION).
 * - Redis must keep what it is told: `appendonly yes` and `maxmemory-policy noeviction`.
 * - An attempt whose process dies, or that loses its lease, does not use up a retry: the job gets another. After 1,000
 *   of these it is dead.
 * - Delays are measured by the clocks of the processes, which must agree.
 * - Where Redis is away, calls reject after 2,000 ms at the latest, and workers go on when it is back. Where it does not
 *   answer, calls reject after 10,000 ms, or after the `commandTimeout` of the connection.
 * @param connection options of ioredis 5, `{ host, port }` or `{ url }`, or a client whose options are used. The
 * transport makes connections of its own, two and one more for each worked queue, and closes them with the application.
 * It sets their `maxRetriesPerRequest`, `enableOfflineQueue` and `lazyConnect`.
 * @throws CqrsException (code CQRS_INVALID_OPTIONS)
 */
export function bullmq(connection: ConnectionOptions, options: BullMQOptions = {}): DurableTransport {
  checkConnection(connection);
  return new BullMQTransport(connection, readOptions(options));
}
