import assert from 'node:assert/strict';
import { ALIKE, type CacheCase } from './case.js';

/** The longest that there are. */
const LONG = 200;

/** How a touch ends results. */
export const touching: readonly CacheCase[] = [
  {
    name: 'a touch removes the results that have one of its tags, and no others',
    async run(world) {
      const { cache } = world;
      const [s, t, u] = ['s', 't', 'u'].map(own => world.tag(own));
      const keys = ['of s', 'of t', 'of both', 'of another', 'of none'].map(own => world.key(own));
      const tags = [[s!], [t!], [s!, t!], [u!], []];
      const put = async () => {
        for (const [i, key] of keys.entries()) await world.put(cache, key, { value: i, tags: tags[i]! });
      };
      await put();
      await cache.touch([s!, world.tag('of no result')]);
      assert.deepEqual(await world.valuesIn(cache, keys), [undefined, 1, undefined, 3, 4]);
      await put();
      await cache.touch([s!, t!]);
      assert.deepEqual(await world.valuesIn(cache, keys), [undefined, undefined, undefined, 3, 4]);
    },
  },
  {
    name: 'tags that look alike, and tags of 200 characters, are told apart',
    async run(world) {
      const { cache } = world;
      const padded = (end: string) => `${'t'.repeat(LONG - world.tag(end).length)}${end}`;
      const own = [...ALIKE, padded('1'), padded('2')].map(tag => world.tag(tag));
      const tags = [...own, '__proto__', 'constructor', ' ', '*'];
      const keyOf = (tag: string) => world.key(tag);
      for (const tag of tags) await world.put(cache, keyOf(tag), { tags: [tag] });
      const left = new Set(tags);
      for (const tag of tags) {
        const values = await world.valuesIn(cache, [...left].map(keyOf));
        assert.deepEqual(values, Array(left.size).fill('value'));
        await cache.touch([tag]);
        left.delete(tag);
        assert.equal(await cache.get(keyOf(tag)), undefined);
      }
    },
  },
  {
    name: 'each of fifty tags ends a result',
    async run(world) {
      const { cache } = world;
      const key = world.key('a');
      const tags = Array.from({ length: 50 }, (_, i) => world.tag(`${i}`));
      for (const tag of tags) {
        await world.put(cache, key, { tags });
        assert.equal(await world.valueIn(cache, key), 'value');
        await cache.touch([tag]);
        assert.equal(await cache.get(key), undefined);
      }
    },
  },
  {
    name: 'a result that is set again has the tags of now',
    async run(world) {
      const { cache } = world;
      const key = world.key('a');
      const [before, now] = [world.tag('before'), world.tag('now')];
      await world.put(cache, key, { value: 1, tags: [before] });
      await world.put(cache, key, { value: 2, tags: [now] });
      await cache.touch([before]);
      assert.equal(await world.valueIn(cache, key), 2);
      await cache.touch([now]);
      assert.equal(await cache.get(key), undefined);
    },
  },
  {
    name: 'a result whose run begins after the touch is answered',
    async run(world) {
      const { cache } = world;
      const key = world.key('a');
      const tags = [world.tag('t')];
      for (const value of [1, 2, 3]) {
        await cache.touch(tags);
        await world.put(cache, key, { value, tags });
        assert.equal(await world.valueIn(cache, key), value);
      }
    },
  },
  {
    name: 'a result whose run began before the touch is not answered, if the cache is told of runs',
    async run(world) {
      const { cache } = world;
      const key = world.key('a');
      const tags = [world.tag('s'), world.tag('t')];
      const began = await world.begin(cache, tags);
      await cache.touch([tags[1]!]);
      await world.set(cache, key, { tags }, began);
      // Without `begin` the library itself sets no such result.
      assert.equal(await world.valueIn(cache, key), cache.begin === undefined ? 'value' : undefined);
    },
  },
  {
    name: 'what is not there can be removed, touched and cleared',
    async run(world) {
      const { cache } = world;
      await cache.delete(world.key('a'));
      await cache.touch([world.tag('t')]);
      await cache.touch([]);
      await cache.clear();
      await cache.clear();
      assert.equal(await cache.get(world.key('a')), undefined);
    },
  },
  {
    name: 'all results can be removed, and then others be set',
    async run(world) {
      const { cache } = world;
      const keys = ['of a tag', 'of none'].map(own => world.key(own));
      const put = async (value: string) => {
        await world.put(cache, keys[0]!, { value, tags: [world.tag('t')] });
        await world.put(cache, keys[1]!, { value });
      };
      await put('before');
      await cache.clear();
      assert.deepEqual(await world.valuesIn(cache, keys), [undefined, undefined]);
      await put('after');
      assert.deepEqual(await world.valuesIn(cache, keys), ['after', 'after']);
      await cache.touch([world.tag('t')]);
      assert.deepEqual(await world.valuesIn(cache, keys), [undefined, 'after']);
    },
  },
];
