import assert from 'node:assert/strict';
import type { QueryCache } from '../../../extension.js';
import { eachWay, HALF, type CacheCase } from './case.js';
import { telling } from './needs.js';
import type { CacheWorld } from './world.js';

/** How one process hears of the touches of others. */
export const told: readonly CacheCase[] = [
  {
    name: 'it tells the tags that other processes touch, also of no result, and not its own',
    without: telling,
    run: eachWay(async (world, here, there, way) => {
      const heard = new Heard(world, here, way);
      const touched = [`${way} plain`, `${way} 💥 é`, `${way} \u0000`].map(own => world.tag(own));
      await here.touch([world.tag(`${way} own`)]);
      await there.touch(touched);
      await heard.are(touched);
    }),
  },
  {
    name: 'it tells a tag with half of a character as it is',
    without: telling,
    run: eachWay(async (world, here, there, way) => {
      const tags = [world.tag(`${way} ${HALF}`)];
      const heard = new Heard(world, here, way);
      await there.touch(tags);
      await heard.are(tags);
    }),
  },
  {
    name: 'it tells of touches, and not of results',
    without: telling,
    run: eachWay(async (world, here, there, way) => {
      const key = world.key(way);
      const tags = [world.tag(`${way} read`)];
      const heard = new Heard(world, here, way);
      await world.put(there, key, { tags });
      await world.put(there, key, { tags });
      await there.delete(key);
      await there.touch([world.tag(`${way} touched`)]);
      await heard.are([world.tag(`${way} touched`)]);
    }),
  },
  {
    name: 'it tells each listener until that has stopped',
    without: telling,
    run: eachWay(async (world, here, there, way) => {
      const [one, other] = [new Heard(world, here, way), new Heard(world, here, way)];
      const [first, second] = [world.tag(`${way} first`), world.tag(`${way} second`)];
      await there.touch([first]);
      await one.are([first]);
      await other.are([first]);
      one.stop();
      await there.touch([second]);
      await other.are([first, second]);
      await one.are([first]);
    }),
  },
];

/** The tags that a process hears of. */
class Heard {
  readonly stop: () => void;
  private readonly tags = new Set<string>();

  /** @param beginning only tags of this case that begin so: a bus may be late */
  constructor(
    private readonly world: CacheWorld,
    cache: QueryCache,
    beginning: string,
  ) {
    assert.ok(cache.onTouched !== undefined, 'It has no onTouched.');
    this.stop = cache.onTouched(tags => {
      for (const tag of tags) if (tag.startsWith(world.tag(beginning))) this.tags.add(tag);
    });
  }

  /** Soon these, and no others. */
  async are(expected: readonly string[]): Promise<void> {
    await this.world.until(() => expected.every(tag => this.tags.has(tag)), 'it is told of each touch');
    await this.world.pause();
    assert.deepEqual([...this.tags].toSorted(), expected.toSorted());
  }
}
