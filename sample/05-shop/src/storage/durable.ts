import { pgBoss } from 'nestjs-cqrs/pg-boss';
import { bossOf } from './boss.js';

/** Milliseconds after which the job of a killed process is given to another one. Longer than any handler takes. */
const lease = Number(process.env['LEASE'] ?? 30_000);

// #region durable
/** The module option `durable` of one service. */
export const durable = async (service: string) => ({
  transport: pgBoss(await bossOf(service), { lease }),
  retry: { limit: 10, delay: 1_000 },
});
// #endregion
