import { jest } from '@jest/globals';
import { WeakList } from '../../../lib/messages/weak-list.js';
import { collectUntil } from '../../support/garbage.js';

const addGarbage = (list: WeakList<object>) => {
  for (let i = 0; i < 4_000; i++) list.add({ i });
};

/** How many references a list reads to tell what is still there. */
const referencesOf = (list: WeakList<object>) => {
  const deref = jest.spyOn(WeakRef.prototype, 'deref');
  list.items();
  const { length } = deref.mock.calls;
  deref.mockRestore();
  return length;
};

describe('A weak list', () => {
  it('keeps the order of objects that are still in use', () => {
    const list = new WeakList<object>();
    const items = Array.from({ length: 3_000 }, (_, i) => ({ i }));
    for (const item of items) list.add(item);
    expect(list.items()).toEqual(items);
  });

  it('drops objects that are out of use, and their references', async () => {
    const list = new WeakList<object>();
    const kept = {};
    list.add(kept);
    for (let round = 0; round < 3; round++) {
      addGarbage(list);
      await collectUntil(() => list.items().length === 1);
    }
    expect(list.items()).toEqual([kept]);
    expect(list.items()[0]).toBe(kept);
    addGarbage(list);
    expect(referencesOf(list)).toBeGreaterThan(4_000);
    expect(referencesOf(list)).toBeLessThan(8_000);
  });
});
