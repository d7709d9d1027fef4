import type { DurableTransport } from 'nestjs-cqrs/extension';

export type EngineName = 'pg-boss 10' | 'pg-boss 12' | 'BullMQ';

/** An engine, and what messages of one suite have for themselves in it. */
export interface EngineAddress {
  readonly name: EngineName;
  readonly url: string;
  /** Schema, or prefix. */
  readonly space: string;
}

/** How long a killed process keeps its jobs, in milliseconds. The shortest that pg-boss can. */
export const LEASE = 1000;

/** Loads only what the engine needs. */
export async function transportOf({ name, url, space }: EngineAddress): Promise<DurableTransport> {
  if (name === 'BullMQ') {
    const { bullmq } = await import('nestjs-cqrs/bullmq');
    return bullmq({ url }, { lease: LEASE, prefix: space });
  }
  const { pgBoss } = await import('nestjs-cqrs/pg-boss');
  return pgBoss(await bossOf(name, { connectionString: url, schema: space, max: 4 }), { lease: LEASE, poll: 100 });
}

async function bossOf(name: EngineName, options: { connectionString: string; schema: string; max: number }) {
  if (name === 'pg-boss 10') return new (await import('pg-boss-10')).default(options);
  return new (await import('pg-boss')).PgBoss(options);
}
