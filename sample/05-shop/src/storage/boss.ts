import type { AnyPgBoss } from 'nestjs-cqrs/pg-boss';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

/** pg-boss 12 needs Node 22.12. */
export const pgBossMajor = major > 22 || (major === 22 && minor >= 12) ? 12 : 10;

/**
 * Not started. Each service has a schema of its own, so no service takes the jobs of another. The two majors of pg-boss
 * cannot share a schema either.
 */
export async function bossOf(service: string): Promise<AnyPgBoss> {
  const config = { connectionString: process.env['DATABASE_URL']!, schema: `shop_${service}_${pgBossMajor}`, max: 5 };
  if (pgBossMajor === 12) {
    const { PgBoss } = await import('pg-boss');
    return new PgBoss(config);
  }
  // Your package.json has one of the two, under the name pg-boss.
  const { default: PgBoss10 } = await import('pg-boss-10');
  return new PgBoss10(config);
}
