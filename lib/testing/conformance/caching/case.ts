import type { QueryCache } from '../../../extension.js';
import type { Need } from './needs.js';
import type { CacheWorld } from './world.js';

/** One promise of the port, and how it is checked. */
export interface CacheCase {
  readonly name: string;
  /** Where an adapter does not need to keep it. */
  readonly without?: Need;
  readonly run: (world: CacheWorld) => Promise<void>;
}

/** Checks what one of two processes sees of what the other does, and then the other way round. */
export const eachWay =
  (check: (world: CacheWorld, here: QueryCache, there: QueryCache, way: string) => Promise<void>): CacheCase['run'] =>
  async world => {
    await check(world, world.cache, world.elsewhere, 'there');
    await check(world, world.elsewhere, world.cache, 'back');
  };

/** Text as a message may hold it, which UTF-8 cannot say. */
export const HALF = '\ud800';

/** Keys or tags that a careless cache takes for one another, or for a pattern. */
export const ALIKE: readonly string[] = [
  'a',
  'A',
  'a ',
  ' a',
  'ab',
  'a*',
  'a?',
  '[a]',
  '{a}',
  'a:b',
  'a::b',
  'a/b',
  'a\\b',
  'a%20b',
  'a b',
  'a\nb',
  'a"b',
  "a'b",
  '\u00e9',
  'e\u0301',
  '\u2028',
  '💥',
  '1',
  '10',
];
