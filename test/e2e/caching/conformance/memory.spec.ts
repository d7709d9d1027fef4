import { BentoCache, bentostore } from 'bentocache';
import { memoryDriver } from 'bentocache/drivers/memory';
import { memoryCache } from 'nestjs-cqrs';
import { bentoCache } from 'nestjs-cqrs/cache';
import { queryCacheConformance } from 'nestjs-cqrs/testing';
import { testCases } from '../../../support/conformance-cases.js';

describe('memoryCache() conforms', () => {
  testCases(queryCacheConformance({ name: 'memory', isShared: false, cache: () => memoryCache() }));
});

describe('bentoCache() in memory conforms', () => {
  const cache = () => {
    const answers = bentostore().useL1Layer(memoryDriver({ maxItems: 1_000 }));
    return bentoCache(new BentoCache({ default: 'answers', stores: { answers } }));
  };
  testCases(queryCacheConformance({ name: 'BentoCache', isShared: false, cache }));
});
