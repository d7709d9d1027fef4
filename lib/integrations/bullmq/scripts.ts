import type { IRedisClient } from 'bullmq';

/** A dead letter as the scripts return it: the id of BullMQ, when it died, its fields and their values. */
export type RawLetter = readonly [jobId: string, diedAt: string, fields: readonly string[]];

/**
 * A page of the failed jobs: their set, what keys of jobs begin with, how many, the ids that the job before the page may
 * have. It may have been redriven. The first page if the job is not there.
 */
export const PAGE = 'nestjsCqrsPage';

/** The first of some failed jobs that is there: their set, what keys of jobs begin with, the ids. */
export const LETTER = 'nestjsCqrsLetter';

/**
 * Before a failed job is tried again, as BullMQ does not forget the workers that it has lost: the set of failed jobs,
 * what keys of jobs begin with, the ids that it may have. Returns the one that it has.
 */
export const FORGET = 'nestjsCqrsForget';

/**
 * Removes a failed job that has not been taken up again: the set of failed jobs, what keys of jobs begin with, the ids
 * that it may have.
 */
export const DISCARD = 'nestjsCqrsDiscard';

/**
 * How many jobs have ended since a time, and when the oldest that waits was stored: the set of jobs that were handled,
 * the list of those that wait, what keys of jobs begin with, milliseconds since 1970.
 */
export const NUMBERS = 'nestjsCqrsNumbers';

/** A key of another type, which another program has written, has no fields. */
const FIELDS = `
local function fields(id)
  local read = redis.pcall('HGETALL', ARGV[1] .. id)
  return read.err and {} or read
end`;

const SCRIPTS: Readonly<Record<string, { numberOfKeys: number; lua: string }>> = {
  [PAGE]: {
    numberOfKeys: 1,
    lua: `${FIELDS}
      local function after()
        for i = 3, #ARGV do
          local rank = redis.call('ZRANK', KEYS[1], ARGV[i])
          if rank then return rank + 1 end
        end
        for i = 3, #ARGV do
          local died = redis.pcall('HGET', ARGV[1] .. ARGV[i], 'cqrsDied')
          if type(died) == 'string' then return redis.call('ZCOUNT', KEYS[1], '-inf', '(' .. died) end
        end
        return 0
      end
      local first = after()
      local failed = redis.call('ZRANGE', KEYS[1], first, first + ARGV[2] - 1, 'WITHSCORES')
      local letters = {}
      for i = 1, #failed, 2 do letters[#letters + 1] = { failed[i], failed[i + 1], fields(failed[i]) } end
      return letters`,
  },
  [LETTER]: {
    numberOfKeys: 1,
    lua: `${FIELDS}
      for i = 2, #ARGV do
        local died = redis.call('ZSCORE', KEYS[1], ARGV[i])
        if died then return { ARGV[i], died, fields(ARGV[i]) } end
      end
      return false`,
  },
  [FORGET]: {
    numberOfKeys: 1,
    lua: `
      for i = 2, #ARGV do
        local died = redis.call('ZSCORE', KEYS[1], ARGV[i])
        local key = ARGV[1] .. ARGV[i]
        if died and redis.call('TYPE', key).ok == 'hash' then
          redis.call('HSET', key, 'cqrsDied', died)
          redis.call('HDEL', key, 'stc')
          return ARGV[i]
        end
      end
      return false`,
  },
  [DISCARD]: {
    numberOfKeys: 1,
    lua: `
      for i = 2, #ARGV do
        if redis.call('ZREM', KEYS[1], ARGV[i]) == 1 then
          redis.call('DEL', ARGV[1] .. ARGV[i], ARGV[1] .. ARGV[i] .. ':logs')
          return 1
        end
      end
      return 0`,
  },
  [NUMBERS]: {
    numberOfKeys: 2,
    lua: `
      local oldest = redis.call('LINDEX', KEYS[2], -1)
      local stored = oldest and redis.pcall('HGET', ARGV[1] .. oldest, 'timestamp')
      return { redis.call('ZCOUNT', KEYS[1], ARGV[2], '+inf'), type(stored) == 'string' and stored or false }`,
  },
};

/** Makes them commands of the client: for `runCommand()`. */
export function defineScripts(client: IRedisClient): void {
  for (const [name, script] of Object.entries(SCRIPTS)) client.defineCommand(name, script);
}
