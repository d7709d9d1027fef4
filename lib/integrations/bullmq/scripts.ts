import type { IRedisClient } from 'bullmq';

/**
 * A page of the failed jobs: their set, the key of the job before the page, its id, how many. The job may have been
 * redriven. The first page if there is no such job.
 */
export const PAGE = 'nestjsCqrsPage';

/** Before a failed job is tried again: their set, its key, its id. BullMQ does not forget the workers that it has lost. */
export const FORGET = 'nestjsCqrsForget';

/** Removes a failed job that has not been taken up again: the set of failed jobs, the key of the job, its id. */
export const DISCARD = 'nestjsCqrsDiscard';

/** How many jobs have ended since a time: the set of jobs that were handled, milliseconds since 1970. */
export const SINCE = 'nestjsCqrsSince';

const SCRIPTS: Readonly<Record<string, { numberOfKeys: number; lua: string }>> = {
  [PAGE]: {
    numberOfKeys: 2,
    lua: `
      local rank = redis.call('ZRANK', KEYS[1], ARGV[1])
      local died = not rank and redis.call('HGET', KEYS[2], 'cqrsDied')
      local first = rank and rank + 1 or 0
      if died then first = redis.call('ZCOUNT', KEYS[1], '-inf', '(' .. died) end
      return redis.call('ZRANGE', KEYS[1], first, first + ARGV[2] - 1)`,
  },
  [FORGET]: {
    numberOfKeys: 2,
    lua: `
      local died = redis.call('ZSCORE', KEYS[1], ARGV[1])
      if not died then return 0 end
      redis.call('HSET', KEYS[2], 'cqrsDied', died)
      redis.call('HDEL', KEYS[2], 'stc')
      return 1`,
  },
  [SINCE]: { numberOfKeys: 1, lua: `return redis.call('ZCOUNT', KEYS[1], ARGV[1], '+inf')` },
  [DISCARD]: {
    numberOfKeys: 2,
    lua: `
      if redis.call('ZREM', KEYS[1], ARGV[1]) == 0 then return 0 end
      redis.call('DEL', KEYS[2], KEYS[2] .. ':logs')
      return 1`,
  },
};

/** Makes them commands of the client: for `runCommand()`. */
export function defineScripts(client: IRedisClient): void {
  for (const [name, script] of Object.entries(SCRIPTS)) client.defineCommand(name, script);
}
