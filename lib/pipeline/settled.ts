import type { MessageContext } from '../context/message-context.js';
import type { NextWatch } from './next-promise.js';

/** A step of a chain; always returns a promise, never throws. */
export type Run = (message: object, context?: MessageContext, watch?: NextWatch) => Promise<unknown>;

/** Never makes a second promise of a promise. */
export const promised = (result: unknown): Promise<unknown> =>
  result instanceof Promise ? (result as Promise<unknown>) : Promise.resolve(result);

export const settled =
  (run: (message: object, context?: MessageContext, watch?: NextWatch) => unknown): Run =>
  (message, context, watch) => {
    try {
      return promised(run(message, context, watch));
    } catch (error) {
      return Promise.reject(error);
    }
  };

const { then } = Promise.prototype;

/**
 * A native promise of any result: its `then` calls back once, later, and does not throw. The `then` of a subclass or
 * thenable may do anything.
 * @returns the same promise if it can be trusted; never throws
 */
export function genuine(result: unknown): Promise<unknown> {
  try {
    if (result instanceof Promise && result.then === then && result.constructor === Promise)
      return result as Promise<unknown>;
  } catch {
    // `adopted` reads it again and rejects with the error.
  }
  return adopted(result);
}

/** perf: apart, since V8 allocates a context per call of a function whose closures capture a parameter. */
const adopted = (result: unknown): Promise<unknown> => new Promise(resolve => resolve(result));

/** Calls a function; its error becomes a rejection. */
export function started(run: () => unknown): Promise<unknown> {
  try {
    return genuine(run());
  } catch (error) {
    return Promise.reject(error);
  }
}
