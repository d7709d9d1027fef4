import { onAbort } from '../context/on-abort.js';
import type { KeyedDispatch } from './stores.js';

/** One text per name and key. */
export const idOf = ({ name, key }: Pick<KeyedDispatch, 'name' | 'key'>): string => JSON.stringify([name, key]);

/**
 * @param start gets a function that ends the wait, and gives back one that leaves it
 * @returns rejects with the reason of the signal
 */
export function waitFor<T>(
  signal: AbortSignal,
  start: (resolve: (value: T) => void) => (() => void) | undefined,
): Promise<T> {
  if (signal.aborted) return Promise.reject(signal.reason as Error);
  return new Promise((resolve, reject) => {
    const ignore = onAbort(signal, () => {
      leave?.();
      reject(signal.reason as Error);
    });
    const leave = start(value => {
      ignore();
      resolve(value);
    });
  });
}
