import type { MessageContext } from '../context/message-context.js';
import { declaresParameter } from './declares-parameter.js';
import type { MiddlewareFunction, Next, ReadyMiddleware } from './middleware.js';

/** One step of a composed chain: what lies further in, and whether anything there reads the context. */
export interface Step {
  readonly run: (message: object, context?: MessageContext) => Promise<unknown>;
  readonly usesContext: boolean;
}

/**
 * Composes a chain once, the first middleware outermost, so that a dispatch allocates nothing for it.
 * Only where a layer further in reads the context does a layer cost a closure per dispatch.
 */
export const compose = (middleware: readonly ReadyMiddleware[], handler: Step): Step =>
  middleware.reduceRight<Step>((inner, layer) => {
    const reads = readsContext(layer);
    if (!reads && !inner.usesContext) return { run: plainly(layer, inner), usesContext: false };
    const intercept = interceptOf(layer, reads);
    // What stands beside the message, as in `messages.map(next)`, must not be taken for a context.
    const inward: Next = message => inner.run(message);
    const run = inner.usesContext
      ? (message: object, context?: MessageContext) => intercept(message, next => inner.run(next, context), context!)
      : (message: object, context?: MessageContext) => intercept(message, inward, context!);
    return { run: settled(run), usesContext: inner.usesContext || reads };
  }, handler);

/**
 * A layer where nobody from here on reads the context: one function, since each more that a message passes costs as
 * much as the layer itself.
 */
function plainly(layer: ReadyMiddleware, inner: Step): Step['run'] {
  // What stands beside the message, as in `messages.map(next)`, must not be taken for a context.
  const inward: Next = message => inner.run(message);
  return (message: object) => {
    try {
      const result =
        typeof layer === 'function'
          ? (layer as PlainLayer)(message, inward)
          : (layer as PlainHost).intercept(message, inward);
      return result instanceof Promise ? result : Promise.resolve(result);
    } catch (error) {
      return Promise.reject(error);
    }
  };
}

type PlainLayer = (message: object, next: Next) => unknown;

interface PlainHost {
  intercept(message: object, next: Next): unknown;
}

/** Makes a function of a message always return a promise and never throw. */
export const settled =
  (run: (message: object, context?: MessageContext) => unknown) =>
  (message: object, context?: MessageContext): Promise<unknown> => {
    try {
      const result = run(message, context);
      return result instanceof Promise ? result : Promise.resolve(result);
    } catch (error) {
      return Promise.reject(error);
    }
  };

/**
 * A class is called through its instance, so that a spy put on the instance later is seen; what does not ask for
 * the context is called without it.
 */
const interceptOf = (layer: ReadyMiddleware, reads: boolean): MiddlewareFunction => {
  if (typeof layer === 'function')
    return reads ? layer : (message, next) => (layer as (message: object, next: Next) => unknown)(message, next);
  const host = layer as { intercept(message: object, next: Next, context?: MessageContext): unknown };
  return reads
    ? (message, next, context) => host.intercept(message, next, context)
    : (message, next) => host.intercept(message, next);
};

const readsContext = (layer: ReadyMiddleware): boolean =>
  declaresParameter(typeof layer === 'function' ? layer : layer.intercept, 3);
