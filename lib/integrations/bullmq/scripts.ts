import type { IRedisClient } from 'bullmq';

/** Which keys exist, in order, as 1 and 0. */
export const EXISTING = 'nestjsCqrsExisting';

/** A page of a sorted set: the set, the member before it or nothing, how many. */
export const PAGE = 'nestjsCqrsPage';

/** Removes a failed job that has not been taken up again: the set of failed jobs, the key of the job, its id. */
export const DISCARD = 'nestjsCqrsDiscard';

const SCRIPTS: Readonly<Record<string, { numberOfKeys: number; lua: string }>> = {
  [EXISTING]: {
    numberOfKeys: 0,
    lua: `
      local found = {}
      for i, key in ipairs(ARGV) do found[i] = redis.call('EXISTS', key) end
      return found`,
  },
  [PAGE]: {
    numberOfKeys: 1,
    lua: `
      local rank = redis.call('ZRANK', KEYS[1], ARGV[1])
      local first = rank and rank + 1 or 0
      return redis.call('ZRANGE', KEYS[1], first, first + ARGV[2] - 1)`,
  },
  [DISCARD]: {
    numberOfKeys: 2,
    lua: `
      if redis.call('ZREM', KEYS[1], ARGV[1]) == 0 then return 0 end
      redis.call('DEL', KEYS[2], KEYS[2] .. ':logs')
      return 1`,
  },
};

/** Makes them commands of the client: for `runCommand()`, also within a transaction. */
export function defineScripts(client: IRedisClient): void {
  for (const [name, script] of Object.entries(SCRIPTS)) client.defineCommand(name, script);
}
