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

/** What no Redis can be asked for: a read that is answered at a moment that the test decides. */
describe('bentoCache()', () => {
  it('reads the version of a tag once at a time, and again if it was touched meanwhile', async () => {
    const bento: AnyBentoCache = bentoInMemory();
    const late = pending();
    const read = bento.getOrSet.bind(bento);
    let reads = 0;
    jest.spyOn(bento, 'getOrSet').mockImplementation(async question => {
      reads += 1;
      if (reads > 1) return read(question);
      await late.promise;
      return 'from before the touch';
    });
    const cache = bentoCache(bento);
    const began = [cache.begin!(['a']), cache.begin!(['a'])];
    expect(reads).toBe(1);
    await cache.touch(['a']);
    late.finish();
    const [one, other] = await Promise.all(began);
    expect([one, other]).toEqual([{ a: expect.any(String) }, one]);
    expect(one).not.toEqual({ a: 'from before the touch' });
    await cache.set('key', RESULT, { tags: ['a'], keep: 60_000, began: one });
    expect(await cache.get('key')).toMatchObject(RESULT);
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
