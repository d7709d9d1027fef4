import { isObservable, Observable } from 'rxjs';
import { PLACES, type MiddlewareFunction } from './middleware.js';
import { runningAt } from './place.js';

/** Lets all code of a dispatch find `MessageContext.current()`. */
export const propagateContext: MiddlewareFunction = (message, next, context) => context.run(() => next(message));
runningAt(propagateContext, ...PLACES);

/** The same for returned generators and Observables, which else run in their reader's context. */
export const propagateToRows: MiddlewareFunction = async (message, next, context) =>
  inContext(await next(message), context);

interface Surroundings {
  run<R>(run: () => R): R;
}

export function inContext(result: unknown, context: Surroundings): unknown {
  if (isObservable(result)) return new Observable(subscriber => context.run(() => result.subscribe(subscriber)));
  return isGenerator(result) ? generatorIn(result, context) : result;
}

type AnyGenerator = AsyncGenerator | Generator;

const isGenerator = (value: unknown): value is AnyGenerator =>
  typeof value === 'object' &&
  value !== null &&
  ['next', 'return', 'throw'].every(method => typeof (value as Record<string, unknown>)[method] === 'function');

function generatorIn(generator: AnyGenerator, context: Surroundings): object {
  const proxy = {
    next: (...args: [] | [unknown]) => context.run(() => generator.next(...args)),
    return: (value?: unknown) => context.run(() => generator.return(value)),
    throw: (error: unknown) => context.run(() => generator.throw(error)),
  };
  const key = Symbol.asyncIterator in generator ? Symbol.asyncIterator : Symbol.iterator;
  return Object.assign(proxy, { [key]: () => proxy });
}
