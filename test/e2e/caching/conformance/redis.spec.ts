import { BentoCache, bentostore } from 'bentocache';
import { memoryDriver } from 'bentocache/drivers/memory';
import { redisBusDriver, redisDriver } from 'bentocache/drivers/redis';
import { bentoCache, lastingBus } from 'nestjs-cqrs/cache';
import { queryCacheConformance } from 'nestjs-cqrs/testing';
import { describeWithRedis } from '../../../support/brokers.js';
import { testCases } from '../../../support/conformance-cases.js';

describeWithRedis('bentoCache() in Redis', broker => {
  // #region conformance
  const memoryAndRedis = () => {
    const connection = { host: broker.host, port: broker.port };
    const store = bentostore()
      .useL1Layer(memoryDriver({ maxItems: 1_000 }))
      .useL2Layer(redisDriver({ connection }))
      .useBus(lastingBus(redisBusDriver, { connection }));
    return bentoCache(new BentoCache({ default: 'answers', stores: { answers: store } }));
  };
  const { cases } = queryCacheConformance({ name: 'BentoCache', isShared: true, cache: memoryAndRedis });

  describe('in memory and in Redis, with a bus, conforms', () => {
    for (const { name, skipped, run } of cases) (skipped === undefined ? it : it.skip)(name, run, 60_000);
  });
  // #endregion

  describe('in Redis alone conforms', () => {
    const cache = () => {
      const connection = { host: broker.host, port: broker.port };
      const answers = bentostore().useL2Layer(redisDriver({ connection }));
      return bentoCache(new BentoCache({ default: 'answers', stores: { answers } }));
    };
    testCases(queryCacheConformance({ name: 'BentoCache', isShared: true, tellsTouches: false, cache }));
  });
});
