import type { MessageContext } from '../context/message-context.js';
import type { NextWatch } from './next-promise.js';

/**
 * What a step of a chain does: it takes a message and always returns a promise, whatever lies behind it.
 * The third argument is told what `next()` gave, where the bus wants to know.
 */
export type Run = (message: object, context?: MessageContext, watch?: NextWatch) => Promise<unknown>;

/** The promise that a function returned, or one of what it returned. perf: short enough for V8 to inline. */
export const promised = (result: unknown): Promise<unknown> =>
  result instanceof Promise ? (result as Promise<unknown>) : Promise.resolve(result);

/** Makes a function of a message always return a promise and never throw. */
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
 * A promise of the language for what a handler returned: its `then` calls back once, later, and does not throw. The
 * `then` of a subclass, of an object that has one, or of a promise that was given its own may do anything.
 * @returns the very promise where it can be trusted; never throws
 */
export function genuine(result: unknown): Promise<unknown> {
  try {
    if (result instanceof Promise && result.then === then && result.constructor === Promise)
      return result as Promise<unknown>;
  } catch {
    // It is asked again below, where what it throws becomes the failure.
  }
  return adopted(result);
}

/** perf: apart, since V8 allocates a context for every call of a function whose closures capture a parameter. */
const adopted = (result: unknown): Promise<unknown> => new Promise(resolve => resolve(result));

/** Calls a function; what it throws becomes a rejection. */
export function started(run: () => unknown): Promise<unknown> {
  try {
    return genuine(run());
  } catch (error) {
    return Promise.reject(error);
  }
}
