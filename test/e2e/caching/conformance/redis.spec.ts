import { BentoCache, bentostore } from 'bentocache';
import { memoryDriver } from 'bentocache/drivers/memory';
import { redisBusDriver, redisDriver } from 'bentocache/drivers/redis';
import { Redis } from 'ioredis';
import { bentoCache } from 'nestjs-cqrs/cache';
import { queryCacheConformance } from 'nestjs-cqrs/testing';
import { describeWithRedis } from '../../../support/brokers.js';
import { testCases } from '../../../support/conformance-cases.js';

describeWithRedis('bentoCache() in Redis', broker => {
  const connection = () => new Redis(broker.url);

  // #region conformance
  const memoryAndRedis = () => {
    const store = bentostore()
      .useL1Layer(memoryDriver({ maxItems: 1_000 }))
      .useL2Layer(redisDriver({ connection: connection() }))
      .useBus(redisBusDriver({ connection: connection() }));
    return bentoCache(new BentoCache({ default: 'answers', stores: { answers: store } }));
  };
  const { cases } = queryCacheConformance({ name: 'BentoCache', isShared: true, cache: memoryAndRedis });

  describe('in memory and in Redis, with a bus, conforms', () => {
    for (const { name, skipped, run } of cases) (skipped === undefined ? it : it.skip)(name, run, 60_000);
  });
  // #endregion

  describe('in Redis alone conforms', () => {
    const cache = () => {
      const answers = bentostore().useL2Layer(redisDriver({ connection: connection() }));
      return bentoCache(new BentoCache({ default: 'answers', stores: { answers } }));
    };
    testCases(queryCacheConformance({ name: 'BentoCache', isShared: true, tellsTouches: false, cache }));
  });
});
