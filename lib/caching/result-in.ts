import type { CachedResult } from './query-cache.js';

/**
 * A cache of the user, or another program that writes to it, may answer anything.
 * @returns undefined for what is not a result
 */
export function resultIn(found: unknown): CachedResult | undefined {
  if (typeof found !== 'object' || found === null) return undefined;
  try {
    if (!('value' in found)) return undefined;
    const { value, begun, freshUntil } = found as CachedResult;
    return isTime(begun) && isTime(freshUntil) ? { value, begun, freshUntil } : undefined;
  } catch {
    return undefined;
  }
}

const isTime = (value: unknown): boolean => typeof value === 'number' && !Number.isNaN(value);
