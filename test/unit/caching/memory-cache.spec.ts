import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { memoryCache } from '../../../lib/index.js';
import type { CachedResult } from '../../../lib/extension.js';

/** A long form: `CQRS_ANSWERS=1000000`. */
const ANSWERS = Number(process.env['CQRS_ANSWERS'] ?? 50_000);

const result = (value: unknown): CachedResult => ({ value, begun: 1, freshUntil: Infinity });
const about = (...tags: string[]) => ({ tags, keep: 60_000, began: undefined });

/** Collects what nothing holds any more. */
const collect = (): void => {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
};

const listsIn = (depth: number): unknown[] => {
  let list: unknown[] = [];
  for (let i = 0; i < depth; i++) list = [list];
  return list;
};

const keysIn = (cache: ReturnType<typeof memoryCache>, keys: readonly string[]) =>
  keys.filter(key => cache.get(key) !== undefined);

describe('memoryCache', () => {
  it('drops the answer that was asked longest ago when there are too many', () => {
    const cache = memoryCache({ entries: 2 });
    void cache.set('a', result(1), about());
    void cache.set('b', result(2), about());
    void cache.get('a');
    void cache.set('c', result(3), about());
    expect(keysIn(cache, ['a', 'b', 'c'])).toEqual(['a', 'c']);
  });

  it('drops answers when they are too large together, and keeps none that is too large alone', () => {
    const cache = memoryCache({ bytes: 10_000 });
    void cache.set('large', result('x'.repeat(10_000)), about());
    expect(keysIn(cache, ['large'])).toEqual([]);
    for (const key of ['a', 'b', 'c']) void cache.set(key, result('x'.repeat(2_000)), about());
    expect(keysIn(cache, ['a', 'b', 'c'])).toEqual(['b', 'c']);
  });

  it('an answer that is replaced counts once', () => {
    const cache = memoryCache({ bytes: 10_000 });
    void cache.set('other', result('x'), about());
    for (let i = 0; i < 100; i++) void cache.set('a', result('x'.repeat(2_000)), about('t'));
    expect(keysIn(cache, ['a', 'other'])).toEqual(['a', 'other']);
  });

  it('a touch removes all answers of the tag, and no others', () => {
    const cache = memoryCache();
    void cache.set('a', result(1), about('s', 't'));
    void cache.set('b', result(2), about('t'));
    void cache.set('c', result(3), about('u'));
    void cache.touch(['s', 'nobody']);
    expect(keysIn(cache, ['a', 'b', 'c'])).toEqual(['b', 'c']);
    void cache.touch(['t', 'u']);
    expect(keysIn(cache, ['a', 'b', 'c'])).toEqual([]);
  });

  it('an answer whose time is up is not there', () => {
    const cache = memoryCache();
    void cache.set('a', result(1), { ...about(), keep: 0 });
    expect(cache.get('a')).toBeUndefined();
  });

  it.each<[string, (i: number) => unknown]>([
    ['empty lists', () => Array.from({ length: 100 }, () => [])],
    ['empty objects', () => Array.from({ length: 100 }, () => ({}))],
    ['lists in lists', () => listsIn(100)],
    ['short texts', i => Array.from({ length: 100 }, (_, at) => `${i}.${at}`)],
    ['fractions', i => Array.from({ length: 100 }, (_, at) => ({ x: i + at / 128 }))],
    ['a table', i => Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`${i}.${at}`, at]))],
  ])('answers of a form that takes more memory than its text stay within it, too: %s', (_what, make) => {
    const bytes = 4_000_000;
    const cache = memoryCache({ bytes });
    collect();
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < 4_000; i++) void cache.set(`${i}`, result(make(i)), about());
    collect();
    const used = process.memoryUsage().heapUsed - before;
    expect(keysIn(cache, ['0', '3999'])).toEqual(['3999']);
    expect(used).toBeLessThan(2 * bytes);
  });

  it('answers that are asked again and again take no more memory', () => {
    const cache = memoryCache();
    const keys = Array.from({ length: 5_000 }, (_, i) => `${i}`);
    for (const key of keys) void cache.set(key, result(1), about());
    collect();
    const before = process.memoryUsage().heapUsed;
    for (let round = 0; round < 100; round++) expect(keysIn(cache, keys)).toHaveLength(keys.length);
    collect();
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(4_000_000);
  });

  it('many distinct answers stay within the limit of memory', () => {
    const bytes = 8_000_000;
    const cache = memoryCache({ bytes });
    collect();
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < ANSWERS; i++)
      void cache.set(`"users.get"@1:{"id":"u${i}"}`, result({ id: i }), about(`user:${i}`));
    collect();
    const used = process.memoryUsage().heapUsed - before;
    const kept = keysIn(
      cache,
      Array.from({ length: ANSWERS }, (_, i) => `"users.get"@1:{"id":"u${i}"}`),
    );
    expect(kept.length).toBeLessThan(ANSWERS);
    expect(kept.at(-1)).toBe(`"users.get"@1:{"id":"u${ANSWERS - 1}"}`);
    expect(used).toBeLessThan(2 * bytes);
  });
});
