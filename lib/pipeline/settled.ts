import type { MessageContext } from '../context/message-context.js';
import type { NextWatch } from './next-promise.js';

/** Always returns a promise, never throws. */
export type Run = (message: object, context?: MessageContext, watch?: NextWatch) => Promise<unknown>;

/** Returns and throws as the handler does, where nothing is around it. */
export type RawRun = (message: object, context?: MessageContext, watch?: NextWatch) => unknown;

/** Keeps every promise, also of a subclass. perf: `Promise.resolve` alone costs 4 % of `execute`. */
export const promised = (result: unknown): Promise<unknown> =>
  result instanceof Promise ? (result as Promise<unknown>) : Promise.resolve(result);

export const settled =
  (run: RawRun): Run =>
  (message, context, watch) => {
    try {
      return promised(run(message, context, watch));
    } catch (error) {
      return Promise.reject(error);
    }
  };

const { then } = Promise.prototype;

/**
 * A native promise: its `then` calls back once, later, and does not throw. Subclasses and thenables may do anything.
 * @returns the same promise if native; never throws
 */
export function genuine(result: unknown): Promise<unknown> {
  try {
    if (result instanceof Promise && result.then === then && result.constructor === Promise)
      return result as Promise<unknown>;
  } catch {
    // `adopted` rejects with the error.
  }
  return adopted(result);
}

/**
 * perf: a function of its own; a closure over the parameter within `genuine` makes V8 allocate for every call, 40 bytes of
 * `dispatch`.
 */
const adopted = (result: unknown): Promise<unknown> => new Promise(resolve => resolve(result));

export function started(run: () => unknown): Promise<unknown> {
  try {
    return genuine(run());
  } catch (error) {
    return Promise.reject(error);
  }
}

/** True if reading `then` throws: awaiting gives the caller that error. */
export const isPromiseLike = (value: unknown): value is PromiseLike<unknown> => {
  try {
    return value instanceof Promise || typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function';
  } catch {
    return true;
  }
};
