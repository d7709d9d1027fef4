import { header } from '../../../lib/index.js';
import { describeCached, mayMeet, patternsOf } from '../../../lib/caching/tag-patterns.js';

const of = (tags: (message: any) => readonly string[]) => patternsOf(tags);

describe('the tags of a function', () => {
  it.each([
    [['user:{userId}'], of(({ userId }) => [`user:${userId}`])],
    [['a', 'b:{x.y}'], of(message => ['a', `b:${message.x.y}`])],
    [['user:{userIds}'], of(message => message.userIds.map((id: string) => `user:${id}`))],
    [['row:{rows.id}'], of(message => message.rows.map(({ id }: { id: string }) => `row:${id}`))],
    [['user:{id.toUpperCase()}'], of(({ id }) => [`user:${id.toUpperCase()}`])],
    [['user:{ids}'], of(({ ids }) => [...ids].map(id => `user:${id}`))],
    [undefined, of(({ kinds }) => [KINDS[kinds as string]!.name])],
    [undefined, of(({ rows }) => rows.filter(Boolean))],
    [undefined, of(message => parentsOf(message))],
    [undefined, of(() => Promise.reject(new Error('no tags')) as unknown as string[])],
  ])('look like %j', (expected, patterns) => {
    expect(patterns).toEqual(expected);
  });

  it('are described with the rest of @Cached', () => {
    const tenant = header<string>('tenant');
    expect(describeCached({ ttl: 5, grace: 6, vary: [tenant], tags: () => ['t'] })).toEqual({
      ttl: 5,
      grace: 6,
      tags: ['t'],
      vary: ['tenant'],
    });
    expect(describeCached({ ttl: 5 })).toEqual({ ttl: 5, tags: [], vary: [] });
  });
});

/** Goes on as long as there is a parent. */
const parentsOf = (message: any): string[] => {
  const tags: string[] = [];
  for (let each = message; each !== undefined; each = each.parent) tags.push(`node:${each.id}`);
  return tags;
};

const KINDS: Record<string, { name: string }> = {};

describe('two forms of tags', () => {
  it.each([
    ['user:{id}', 'user:{userId}', true],
    ['user:{id}', 'user:7', true],
    ['users', 'users', true],
    ['user:{id}', 'row:{id}', false],
    ['user:{id}', 'users', false],
    ['{anything}', 'users', true],
    ['a.b', 'axb', false],
  ])('%s and %s may be one: %s', (one, other, expected) => {
    expect([mayMeet(one, other), mayMeet(other, one)]).toEqual([expected, expected]);
  });
});
