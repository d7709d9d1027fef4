import { randomUUID } from 'node:crypto';
import PgBoss10 from 'pg-boss-10';
import { PgBoss as PgBoss12 } from 'pg-boss';
import type { AnyPgBoss } from 'nestjs-cqrs/pg-boss';

/** A schema of its own: the majors cannot share one, and tests do not meet. */
export const newSchema = (): string => `cqrs_${randomUUID().replaceAll('-', '').slice(0, 12)}`;

/** One major of pg-boss. */
export interface PgBossKind {
  readonly title: string;
  readonly major: 10 | 12;
  /** Not started. With maintenance and schedules that are as quick as pg-boss lets them be. */
  make(connectionString: string, schema: string): AnyPgBoss;
}

const schedules = { cronMonitorIntervalSeconds: 1, cronWorkerIntervalSeconds: 1 };

export const pgBosses: readonly PgBossKind[] = [
  {
    title: 'pg-boss 10',
    major: 10,
    make: (connectionString, schema) => new PgBoss10({ connectionString, schema, max: 5, ...schedules }),
  },
  {
    title: 'pg-boss 12',
    major: 12,
    make: (connectionString, schema) => new PgBoss12({ connectionString, schema, max: 5, ...schedules }),
  },
];
