import type { CachedOptions } from './cached.decorator.js';

const JITTER = 0.1;

/** How long an answer is fresh, in milliseconds; undefined if it is not kept. */
export function lifetimeOf(
  { ttl, negative = false, jitter = JITTER }: CachedOptions,
  answer: unknown,
): number | undefined {
  const isNegative = answer === undefined || answer === null;
  if (isNegative && negative === false) return undefined;
  const longest = isNegative && typeof negative === 'number' ? negative : ttl;
  return longest * (1 - jitter * Math.random());
}
