import type { DurableTransport } from '../../extension.js';
import type { AnyPgBoss } from './boss.js';
import type { PgBossOptions } from './options.js';
import { PgBossTransport } from './pg-boss-transport.js';

export type { PgBossOptions } from './options.js';
export type { AnyPgBoss } from './boss.js';

/**
 * Stores messages in PostgreSQL with pg-boss 10 or 12, for `CqrsModule.forRoot({ durable: { transport } })`.
 *
 * The transport starts the boss when the application starts, and stops it at the end; a boss that you have started
 * stays yours to stop. (A boss with a `db` of your own counts as not started.) A transaction is a client of `pg`, or
 * an object with `executeSql(text, values)`.
 *
 * Give each major a schema of its own: pg-boss 12 cannot take over a schema that 10 has made. Jobs keep the order of
 * their key with 12 only. A boss of version 10 that could not start cannot be started again.
 * @param boss `new PgBoss({ connectionString, schema })`
 * @throws CqrsException (code CQRS_INVALID_OPTIONS)
 */
export const pgBoss = (boss: AnyPgBoss, options: PgBossOptions = {}): DurableTransport =>
  new PgBossTransport(boss, options);
