import type { IRedisClient } from 'bullmq';

/** A script of BullMQ, as ioredis keeps it. */
export interface BullMQScript {
  readonly lua: string;
  readonly numberOfKeys: number;
}

/**
 * That of the version of BullMQ which is installed. It can be made a function of another script.
 * @param name without the version
 */
export function luaOf(client: IRedisClient, name: string): BullMQScript {
  const { scriptsSet = {} } = client as { scriptsSet?: Readonly<Record<string, BullMQScript>> };
  const found = Object.keys(scriptsSet).find(known => known.startsWith(`${name}:`));
  if (found === undefined) throw new Error(`The version of BullMQ that is installed has no script "${name}".`);
  return scriptsSet[found]!;
}
