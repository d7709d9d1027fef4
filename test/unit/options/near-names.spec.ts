import * as fc from 'fast-check';
import { nearNames, SearchEffort } from '../../../lib/options/near-names.js';

/** How many letters have to be changed, added or left out, by the plain rule. */
const distance = (a: string, b: string): number => {
  if (a === '' || b === '') return a.length + b.length;
  const [restA, restB] = [a.slice(1), b.slice(1)];
  if (a[0] === b[0]) return distance(restA, restB);
  return 1 + Math.min(distance(restA, b), distance(a, restB), distance(restA, restB));
};

const limitOf = (name: string): number => Math.max(2, Math.floor(name.length / 3));

describe('nearNames', () => {
  it('finds names that differ by a third of their letters at most, the nearest three first, in any case', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'D'), minLength: 1, maxLength: 7 });
    fc.assert(
      fc.property(word, fc.uniqueArray(word, { maxLength: 8 }), (name, known) => {
        const far = (one: string) => distance(name.toLowerCase(), one.toLowerCase());
        const near = known.filter(one => far(one) <= limitOf(one));
        const found = nearNames(name, known);
        const nearest = near.map(far).toSorted((a, b) => a - b);
        expect(found.map(far)).toEqual(nearest.slice(0, 3));
        expect(new Set(found).size).toBe(found.length);
        expect(near).toEqual(expect.arrayContaining(found));
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ['timeuot', ['timeout', 'tenant'], ['timeout']],
    ['ab', ['cd'], ['cd']],
    ['abc', ['xyz'], []],
    ['abcdefghi', ['abcdefxyz'], ['abcdefxyz']],
    ['abcdefgh', ['abcdexyz'], []],
    ['create', ['users.create', 'orders.cancel'], ['users.create']],
    ['users.create', ['Create', 'orders.create.later'], ['Create']],
    ['a.b', ['x.y.z'], []],
    ['rename', ['Rename', 'Rename'], ['Rename']],
    ['users.rename', ['users.rename', 'rename'], ['users.rename', 'rename']],
  ])('of %j among %j are %j', (name, known, near) => {
    expect(nearNames(name, known)).toEqual(near);
  });

  it('lists each near name once, the nearest first', () => {
    expect(nearNames('create', ['a.creates', 'create', 'created', 'b.create'])).toEqual([
      'create',
      'b.create',
      expect.stringMatching(/^(a\.creates|created)$/),
    ]);
  });

  it.each([
    [100, ['a'.repeat(100)]],
    [101, []],
  ])('finds for a name of %d letters: %j', (length, near) => {
    expect(nearNames('a'.repeat(length), ['a'.repeat(100)])).toEqual(near);
    expect(nearNames('a'.repeat(100), ['a'.repeat(length)])).toEqual(near);
  });

  it('finds nothing for a value that is not a name', () => {
    expect(nearNames(undefined as never, ['undefined'])).toEqual([]);
  });

  it('cost little, however many names are known and however much they resemble', () => {
    const known = Array.from({ length: 50_000 }, (_, i) => `${'a'.repeat(60)}${i}`);
    for (const name of ['a'.repeat(64), 'b'.repeat(64), 'x', 'y'.repeat(90)]) {
      const effort = new SearchEffort();
      nearNames(name, known, effort);
      // The last comparison may go a little beyond it.
      expect(effort.spent).toBeLessThan(effort.most * 1.1);
    }
  });

  it('are looked for as long as there is effort left', () => {
    const effort = new SearchEffort(1);
    expect(nearNames('create', ['create'], effort)).toEqual([]);
    expect([effort.isUsed(1), new SearchEffort().isUsed(1 / 2)]).toEqual([true, false]);
    expect(nearNames('create', ['create'], new SearchEffort(1000))).toEqual(['create']);
  });
});
