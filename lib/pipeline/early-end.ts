import { Deadline } from '../context/deadline.js';
import type { MessageContext } from '../context/message-context.js';
import { referenceOf, type MiddlewareFunction, type MiddlewareReference } from './middleware.js';

/** What `earlyEnd` gives. */
export interface EarlyEnd {
  /** Aborts the signal that inner layers see. */
  end(reason: unknown): void;
  /** Gives outer layers the signal before back. A signal that was read stays as it is. */
  release(): void;
}

/**
 * For a middleware that may end what it wraps, such as a time limit of another library. Until it is released,
 * `context.signal` is one that also `end` aborts; dispatches within inherit it.
 * @param owner of the latest call in this dispatch; another call by it (a retry) replaces the one before
 */
export function earlyEnd(context: MessageContext, owner: object): EarlyEnd {
  const restriction = context.restrict(owner, NO_LIMIT, true);
  return {
    end: reason => restriction.end(reason),
    release: () => {
      restriction.settle();
      context.release(restriction);
    },
  };
}

const early = new WeakSet<object>();

/**
 * Says of a middleware that it may end before what it wraps, or run that again: below `@Transactional()` it is a problem at
 * startup.
 */
export function endsEarly<T extends MiddlewareFunction>(middleware: T): T {
  early.add(middleware);
  return middleware;
}

export const mayEndEarly = (given: MiddlewareReference): boolean => early.has(referenceOf(given));

const NO_LIMIT = new Deadline(Infinity, 'no limit');
