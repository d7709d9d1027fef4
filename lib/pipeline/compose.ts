import type { MessageContext } from '../context/message-context.js';
import { InvalidMessageException } from '../errors/invalid-message.exception.js';
import { declaresParameter } from './declares-parameter.js';
import {
  middlewareName,
  type MiddlewareFunction,
  type MiddlewareResult,
  type Next,
  type ReadyMiddleware,
} from './middleware.js';
import { promised, settled, type Run } from './settled.js';

/**
 * The middleware that calls `next()`, for the error of a call without a message. Written by the layer outside, when that
 * is composed; read by the inner function when it is called so.
 */
export interface NextCaller {
  name?: string;
}

export interface Composed {
  readonly run: Run;
  readonly usesContext: boolean;
  readonly caller?: NextCaller;
}

/**
 * Composes a chain once, outermost first. In its plain form:
 *
 *     middleware.reduceRight((inner, layer) => message => layer(message, inner), handler)
 *
 * `next` is the composed rest of the chain, so it may run again. All else here is a faster form of this line, and what
 * it does not say: a layer gets the context if it declares it, what is thrown becomes a rejection, and `next()` needs a
 * message. A layer costs a closure per dispatch only if an inner layer reads the context.
 */
export const compose = (middleware: readonly ReadyMiddleware[], handler: Composed): Composed =>
  middleware.reduceRight<Composed>((inner, layer) => {
    const caller = callerWithin(inner, layer);
    const reads = readsContext(layer);
    if (!reads && !inner.usesContext)
      return { run: plainly(layer, alone(inner.run), caller), usesContext: false, caller };
    const intercept = interceptOf(layer, reads);
    const inward = alone(inner.run);
    const run = inner.usesContext
      ? (message: object, context?: MessageContext) => intercept(message, next => inner.run(next, context), context!)
      : (message: object, context?: MessageContext) => intercept(message, inward, context!);
    return { run: settled(checked(run, caller)), usesContext: inner.usesContext || reads, caller };
  }, handler);

/**
 * For events; {@link NextWatch} sees the promises of `next()`.
 * @param depth the number of layers outside
 */
export const composeWatched = (middleware: readonly ReadyMiddleware[], handler: Composed, depth = 0): Composed =>
  middleware.reduceRight<Composed>((inner, layer, i) => {
    const caller = callerWithin(inner, layer);
    const holder = { name: middlewareName(layer), depth: depth + i };
    const reads = readsContext(layer);
    const intercept = interceptOf(layer, reads);
    return {
      caller,
      run: settled((message, context, watch) => {
        if (!isObject(message)) throw nextWithoutMessage(message, caller);
        const next: Next = inward => {
          const promise = inner.run(inward, context, watch);
          return watch === undefined ? promise : watch.next(promise, holder);
        };
        return intercept(message, next, context!);
      }),
      usesContext: inner.usesContext || reads,
    };
  }, handler);

export function callerWithin(inner: Composed, layer: ReadyMiddleware): NextCaller {
  const name = middlewareName(layer);
  if (inner.caller !== undefined && !name.startsWith('(')) inner.caller.name = name;
  return {};
}

export const isObject = (message: unknown): boolean => typeof message === 'object' && message !== null;

const checked =
  (run: (message: object, context?: MessageContext) => unknown, caller: NextCaller) =>
  (message: object, context?: MessageContext): unknown => {
    if (!isObject(message)) throw nextWithoutMessage(message, caller);
    return run(message, context);
  };

export const nextWithoutMessage = (message: unknown, { name }: NextCaller): InvalidMessageException =>
  new InvalidMessageException(
    message,
    `next() of ${name ?? 'a middleware'}`,
    undefined,
    'Call next(message), with the message that the middleware was given or another one.',
  );

/**
 * The index in `messages.map(next)` must not become a context. perf: a run without further parameters stays as it is;
 * wrapping every run costs 12 % at ten layers.
 */
const alone = (run: Run): Next => (run.length > 1 ? message => run(message) : run);

/**
 * Nothing inside reads the context. perf: one function checks, calls and catches; with a function for each, three layers
 * take 15 % longer.
 */
function plainly(layer: ReadyMiddleware, next: Next, caller: NextCaller): Run {
  if (typeof layer === 'function') return calling(layer as PlainLayer, next, caller);
  const host = layer as PlainHost;
  return message => {
    try {
      if (typeof message !== 'object' || message === null) throw nextWithoutMessage(message, caller);
      return promised(host.intercept(message, next));
    } catch (error) {
      return Promise.reject(error);
    }
  };
}

function calling(layer: PlainLayer, next: Next, caller: NextCaller): Run {
  return message => {
    try {
      if (typeof message !== 'object' || message === null) throw nextWithoutMessage(message, caller);
      return promised(layer(message, next));
    } catch (error) {
      return Promise.reject(error);
    }
  };
}

type PlainLayer = (message: object, next: Next) => MiddlewareResult;

interface PlainHost {
  intercept(message: object, next: Next): unknown;
}

/** Through the instance, so that later spies are seen. */
export const interceptOf = (layer: ReadyMiddleware, reads: boolean): MiddlewareFunction => {
  if (typeof layer === 'function') return reads ? layer : (message, next) => (layer as PlainLayer)(message, next);
  const host = layer as { intercept(message: object, next: Next, context?: MessageContext): MiddlewareResult };
  return reads
    ? (message, next, context) => host.intercept(message, next, context)
    : (message, next) => host.intercept(message, next);
};

export const readsContext = (layer: ReadyMiddleware): boolean =>
  declaresParameter(typeof layer === 'function' ? layer : layer.intercept, 3);
