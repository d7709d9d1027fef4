import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { WeakList } from '../../../lib/messages/weak-list.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

describe('A weak list', () => {
  it('keeps the order of what something else keeps', () => {
    const list = new WeakList<object>();
    const items = Array.from({ length: 3_000 }, (_, i) => ({ i }));
    for (const item of items) list.add(item);
    expect(list.items()).toEqual(items);
  });

  it('lets go of what nothing else keeps, and of the references', async () => {
    const list = new WeakList<object>();
    const kept = {};
    list.add(kept);
    for (let round = 0; round < 5; round++) {
      for (let i = 0; i < 2_000; i++) list.add({ i });
      await delay(0);
      collect();
    }
    await delay(0);
    collect();
    expect(list.items()).toEqual([kept]);
    for (let i = 0; i < 2_000; i++) list.add({ i });
    expect((list as unknown as { references: unknown[] }).references.length).toBeLessThan(6_000);
  });
});
