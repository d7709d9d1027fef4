import type { MessageContext } from '../context/message-context.js';

/** What a step of a chain does: it takes a message and always returns a promise, whatever lies behind it. */
export type Run = (message: object, context?: MessageContext) => Promise<unknown>;

/** The promise that a function returned, or one of what it returned. So short that the engine puts it in place of a call. */
export const promised = (result: unknown): Promise<unknown> =>
  result instanceof Promise ? (result as Promise<unknown>) : Promise.resolve(result);

/** Makes a function of a message always return a promise and never throw. */
export const settled =
  (run: (message: object, context?: MessageContext) => unknown): Run =>
  (message, context) => {
    try {
      return promised(run(message, context));
    } catch (error) {
      return Promise.reject(error);
    }
  };
