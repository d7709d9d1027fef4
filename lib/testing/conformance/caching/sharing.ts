import assert from 'node:assert/strict';
import type { QueryCache } from '../../../extension.js';
import { eachWay, HALF, type CacheCase } from './case.js';
import { sharing } from './needs.js';

/** What one process does, and another sees. */
export const shared: readonly CacheCase[] = [
  {
    name: 'one process gets what another has set, soon, also in place of what it has',
    without: sharing,
    run: eachWay(async (world, here, there, way) => {
      const key = world.key(way);
      const tags = [world.tag('t')];
      for (const value of ['first', 'second']) {
        await world.put(there, key, { value, tags });
        await world.soon(here, key, value);
      }
    }),
  },
  {
    name: 'what another process touches is gone, soon and for good',
    without: sharing,
    run: eachWay(async (world, here, there, way) => {
      for (const end of ['plain', '💥 é', '\u0000', '*']) {
        const [key, other] = [world.key(`${way} ${end}`), world.key(`${way} other`)];
        const tags = [world.tag(end)];
        await world.put(here, key, { tags });
        await world.put(here, other, { tags: [world.tag('other')] });
        assert.equal(await world.valueIn(here, key), 'value');
        await world.soon(there, key, 'value');
        await there.touch(tags);
        assert.equal(await there.get(key), undefined);
        await world.soon(here, key, undefined);
        assert.equal(await world.valueIn(here, other), 'value');
      }
    }),
  },
  {
    name: 'a tag with half of a character is the same in another process',
    without: sharing,
    run: eachWay(async (world, here, there, way) => {
      const key = world.key(way);
      const tags = [world.tag(HALF)];
      await world.put(here, key, { tags });
      assert.equal(await world.valueIn(here, key), 'value');
      await there.touch(tags);
      await world.soon(here, key, undefined);
    }),
  },
  {
    name: 'a touch while the result is read leaves nothing old, whenever it comes',
    without: sharing,
    run: eachWay(async (world, here, there, way) => {
      const keys = Array.from({ length: 40 }, (_, steps) => world.key(`${way} ${steps}`));
      for (const [steps, key] of keys.entries()) {
        const tags = [world.tag(key)];
        await world.put(there, key, { tags });
        const reading = here.get(key);
        // The first steps are the shortest: a cache waits several times while it reads.
        for (let step = 0; step < steps; step++) await (step < 20 ? undefined : turn());
        await here.touch(tags);
        await reading;
        assert.equal(await here.get(key), undefined, `The touch came after ${steps} steps.`);
      }
      const areGone = async (cache: QueryCache) => (await world.valuesIn(cache, keys)).every(isUndefined);
      await world.until(() => areGone(there), 'all are gone in the other process');
      await world.pause();
      assert.deepEqual([await areGone(here), await areGone(there)], [true, true]);
    }),
  },
  {
    name: 'after another process has touched, results are kept again, soon',
    without: sharing,
    run: eachWay(async (world, here, there, way) => {
      const key = world.key(way);
      const tags = [world.tag('t')];
      await world.put(here, key, { value: 'before', tags });
      await there.touch(tags);
      const isKept = async () => {
        await world.put(here, key, { value: 'after', tags });
        await world.pause();
        return (await world.valueIn(here, key)) === 'after' && (await world.valueIn(there, key)) === 'after';
      };
      await world.until(isKept, 'the result of a later run is kept');
    }),
  },
  {
    name: 'a result whose run began before the touch of another process is not answered',
    without: sharing,
    run: eachWay(async (world, here, there, way) => {
      for (const how of ['touched', 'cleared'] as const) {
        const key = world.key(`${way} ${how}`);
        const tags = [world.tag(`s ${how}`), world.tag(`t ${how}`)];
        const began = await world.begin(here, tags);
        await (how === 'touched' ? there.touch([tags[1]!]) : there.clear());
        await world.set(here, key, { tags }, began);
        assert.equal(await there.get(key), undefined, 'The process that has touched gets it.');
        await world.soon(here, key, undefined);
        await world.soon(there, key, undefined);
      }
    }),
  },
  {
    name: 'what another process removes is gone, soon; others stay until it removes all',
    without: sharing,
    run: eachWay(async (world, here, there, way) => {
      const [removed, cleared] = [world.key(`${way} removed`), world.key(`${way} cleared`)];
      for (const key of [removed, cleared]) {
        await world.put(here, key, { tags: [world.tag(way)] });
        assert.equal(await world.valueIn(here, key), 'value');
        await world.soon(there, key, 'value');
      }
      await there.delete(removed);
      await world.soon(here, removed, undefined);
      assert.equal(await world.valueIn(here, cleared), 'value');
      await there.clear();
      assert.equal(await there.get(cleared), undefined);
      await world.soon(here, cleared, undefined);
    }),
  },
  {
    name: 'a process that closes takes nothing with it',
    without: sharing,
    async run(world) {
      const key = world.key('a');
      await world.put(world.elsewhere, key, { tags: [world.tag('t')] });
      await world.close(world.elsewhere);
      await world.soon(world.cache, key, 'value');
      await world.soon(await world.another(), key, 'value');
    },
  },
];

const turn = () => new Promise(resolve => setImmediate(resolve));

const isUndefined = (value: unknown): boolean => value === undefined;
