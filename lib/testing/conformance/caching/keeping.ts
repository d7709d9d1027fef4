import assert from 'node:assert/strict';
import { ALIKE, type CacheCase } from './case.js';

const VALUES: readonly unknown[] = [
  'text',
  '',
  'of \u0000, \ud800, \u2028, é and 💥',
  0,
  -1.5,
  1e308,
  5e-324,
  2 ** 53,
  null,
  false,
  [],
  [null, [false, [{ deep: [] }]]],
  {},
  { '': 'nothing', plain: { deep: ['x'], empty: {} }, length: 0, toJSON: 'text', $type: 'text' },
  JSON.parse('{"__proto__":{"own":true},"constructor":1,"then":null}'),
  'long '.repeat(100_000),
];

/** The longest that there are. */
const LONG = 300;

const A_YEAR = 31_536_000_000;

/** What is kept, and for how long. */
export const keeping: readonly CacheCase[] = [
  {
    name: 'it has a name, and closes',
    async run(world) {
      assert.equal(typeof world.cache.name, 'string');
      assert.notEqual(world.cache.name, '');
      await world.closeAll();
    },
  },
  {
    name: 'a result comes back with its times, and no other key has one',
    async run(world) {
      const { cache } = world;
      const [key, other] = [world.key('a'), world.key('b')];
      const result = { value: 'value', begun: 1_700_000_000_000.125, freshUntil: 2_000_000_000_000.375 };
      await cache.set(key, result, { tags: [], keep: 60_000, began: undefined });
      const { value, begun, freshUntil } = (await cache.get(key)) ?? {};
      assert.deepEqual({ value, begun, freshUntil }, result);
      assert.equal(await cache.get(other), undefined);
    },
  },
  {
    name: 'values of JSON come back exactly',
    async run(world) {
      const { cache } = world;
      for (const [i, value] of VALUES.entries()) {
        await world.put(cache, world.key(`${i}`), { value });
        assert.deepEqual(await world.valueIn(cache, world.key(`${i}`)), value);
      }
    },
  },
  {
    name: 'keys that look alike, and keys of 300 characters, are told apart, also when they are removed',
    async run(world) {
      const { cache } = world;
      const padded = (end: string) => `${'k'.repeat(LONG - world.key(end).length)}${end}`;
      const keys = [...ALIKE, padded('1'), padded('2')].map(own => world.key(own));
      for (const [i, key] of keys.entries()) await world.put(cache, key, { value: i });
      const left = new Map(keys.map((key, i) => [key, i]));
      for (const key of keys) {
        assert.deepEqual(await world.valuesIn(cache, [...left.keys()]), [...left.values()]);
        await cache.delete(key);
        left.delete(key);
        assert.equal(await cache.get(key), undefined);
      }
    },
  },
  {
    name: 'the result that was set last is answered, also after one was removed',
    async run(world) {
      const { cache } = world;
      const key = world.key('a');
      const values: unknown[] = [];
      for (const value of ['first', 'second']) {
        await world.put(cache, key, { value });
        values.push(await world.valueIn(cache, key));
      }
      await cache.delete(key);
      await world.put(cache, key, { value: 'third' });
      assert.deepEqual([...values, await world.valueIn(cache, key)], ['first', 'second', 'third']);
    },
  },
  {
    name: 'a result is kept as long as is said, and no longer',
    async run(world) {
      const { cache } = world;
      const [brief, briefer, long, longer] = ['1', '0.5', '60000.25', 'a year'].map(own => world.key(own));
      await world.put(cache, brief!, { keep: 1 });
      await world.put(cache, briefer!, { keep: 0.5 });
      await world.put(cache, long!, { keep: 60_000.25 });
      await world.put(cache, longer!, { keep: A_YEAR });
      await world.soon(cache, brief!, undefined);
      await world.soon(cache, briefer!, undefined);
      assert.deepEqual(await world.valuesIn(cache, [long!, longer!]), ['value', 'value']);
    },
  },
  {
    name: 'a result is answered as long as it is kept, also when it is not fresh any more',
    async run(world) {
      const { cache } = world;
      await world.put(cache, world.key('a'), { fresh: -60_000 });
      assert.equal(await world.valueIn(cache, world.key('a')), 'value');
    },
  },
  {
    name: 'many at once do not disturb one another',
    async run(world) {
      const { cache } = world;
      const keys = Array.from({ length: 100 }, (_, i) => world.key(`${i}`));
      const put = async (key: string, i: number) => {
        await world.put(cache, key, { value: i, tags: [world.tag(`${i % 10}`)] });
        return world.valueIn(cache, key);
      };
      assert.deepEqual(await Promise.all(keys.map(put)), [...keys.keys()]);
    },
  },
];
