import { jest } from '@jest/globals';
import { BentoCache, bentostore } from 'bentocache';
import { memoryDriver } from 'bentocache/drivers/memory';
import type { CachedResult } from '../../../lib/extension.js';
import { bentoCache, type AnyBentoCache } from '../../../lib/integrations/cache/index.js';
import { pending } from '../../support/waiting.js';

const bentoInMemory = () =>
  new BentoCache({
    default: 'answers',
    stores: { answers: bentostore().useL1Layer(memoryDriver({ maxItems: 1_000 })) },
  });

const RESULT: CachedResult = { value: 'kept', begun: 1, freshUntil: 2_000_000_000_000 };

/** What no Redis can be asked for: a read that hangs while others are answered. */
describe('bentoCache()', () => {
  afterEach(() => jest.useRealTimers());

  it('asks the store anew where a read of a tag hangs, and believes no late answer of it', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
    const bento: AnyBentoCache = bentoInMemory();
    const late = pending();
    const read = bento.getOrSet.bind(bento);
    let reads = 0;
    jest.spyOn(bento, 'getOrSet').mockImplementation(async question => {
      reads += 1;
      if (reads > 1) return read(question);
      await late.promise;
      return 'from long ago';
    });
    const cache = bentoCache(bento);
    const hanging = cache.begin!(['a']);
    void cache.begin!(['a']);
    expect(reads).toBe(1);
    jest.advanceTimersByTime(500);
    const put = async (key: string, began: unknown) => {
      await cache.set(key, RESULT, { tags: ['a'], keep: 60_000, began });
      return cache.get(key);
    };
    expect(await put('meanwhile', await cache.begin!(['a']))).toMatchObject(RESULT);
    late.finish();
    expect(await put('late', await hanging)).toBeUndefined();
    expect(await put('after', await cache.begin!(['a']))).toMatchObject(RESULT);
  });

  it('a kept result is one read of the store, however many tags it has', async () => {
    const bento = bentoInMemory();
    const cache = bentoCache(bento);
    const tags = ['a', 'b', 'c'];
    await cache.set('key', RESULT, { tags, keep: 60_000, began: await cache.begin!(tags) });
    await cache.get('key');
    const hits: string[] = [];
    bento.on('cache:hit', ({ key }) => hits.push(key));
    expect(await cache.get('key')).toMatchObject(RESULT);
    expect(hits).toEqual(['key']);
    await cache.touch(['b']);
    expect(await cache.get('key')).toBeUndefined();
  });

  it.each([null, 'text', undefined])(
    'versions of another program, such as %s, are no reason to fail',
    async versions => {
      const bento = bentoInMemory();
      await bento.set({ key: 'key', value: { ...RESULT, versions }, ttl: 60_000 });
      expect(await bentoCache(bento).get('key')).toBeUndefined();
    },
  );
});
