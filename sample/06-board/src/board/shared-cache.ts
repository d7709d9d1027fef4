import { BentoCache, bentostore } from 'bentocache';
import { memoryDriver } from 'bentocache/drivers/memory';
import { redisBusDriver, redisDriver } from 'bentocache/drivers/redis';
import { memoryCache } from 'nestjs-cqrs';
import { bentoCache, lastingBus } from 'nestjs-cqrs/cache';

/** In Redis, where there is one: all processes hear by its bus what each of them touches. */
export function sharedCache() {
  const { REDIS_URL } = process.env;
  if (!REDIS_URL) return memoryCache();
  const { hostname: host, port } = new URL(REDIS_URL);
  const connection = { host, port: Number(port) };
  // Without a layer in memory, BentoCache tells nothing of what its bus hears.
  const board = bentostore()
    .useL1Layer(memoryDriver({ maxItems: 10_000 }))
    .useL2Layer(redisDriver({ connection }))
    .useBus(lastingBus(redisBusDriver, { connection }));
  return bentoCache(new BentoCache({ default: 'board', stores: { board } }));
}
