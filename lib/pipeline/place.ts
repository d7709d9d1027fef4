import type { MessageContext } from '../context/message-context.js';
import { InvalidMiddlewareException } from '../errors/invalid-middleware.exception.js';
import { lineage } from '../messages/inspect-message.js';
import type { MessageType } from '../messages/message.js';
import { declaresParameter } from './declares-parameter.js';
import { middlewarePlacement } from './middleware.decorator.js';
import {
  middlewareName,
  PlacedReference,
  PLACES,
  wrapsType,
  type MiddlewareReference,
  type Next,
  type Place,
  type ReadyMiddleware,
} from './middleware.js';

/*
 * A user names places with `at(reference, …)` or `@Middleware({ at })`. `at` makes a reference; when references become
 * ready, `placed` makes the middleware of it: another object with places of its own. `runningAt` notes places of a
 * middleware itself, as the built-in ones need it. `placesOf` finds what was noted, or what the class says.
 * The composer asks two questions of each middleware: `runsAt`, whether it runs at the place of the invoker
 * (`runsFor`: and wraps the type), and `formAt`, in which form: `replacedByLeaving` notes one that runs instead where a message leaves.
 */

/** Without places of its own. A message that stays in the process is sent and handled at once. */
const AT_CALL: readonly Place[] = ['handle', 'send'];

/** Where a middleware runs, if it is not the default. Read when a pipeline is composed. */
const places = new WeakMap<object, readonly Place[]>();

/**
 * Limits where a middleware runs. For a class of your own, use `@Middleware({ at })`.
 * @param middleware by default it runs at `handle` and `send`, once for a message that stays in the process
 * @returns a reference for lists of middleware and `@UseMiddleware`
 * @throws InvalidMiddlewareException without a place, and for other words
 */
export function at<T extends MiddlewareReference>(middleware: T, ...at: readonly Place[]): T {
  if (at.length === 0 || !at.every(place => PLACES.includes(place)))
    throw new InvalidMiddlewareException(
      `A middleware runs at 'handle', 'send' or 'store', not at ${at.map(String).join(', ') || 'nothing'}.`,
      "Name places, as in at(audit, 'send').",
      `at(${middlewareName(middleware)})`,
    );
  return new PlacedReference(middleware, at) as unknown as T;
}

export function runningAt<T extends ReadyMiddleware>(middleware: T, ...at: readonly Place[]): T {
  places.set(middleware, at);
  return middleware;
}

/** What runs in place of a middleware where a message leaves. Read when a pipeline is composed. */
const leaving = new WeakMap<object, ReadyMiddleware>();

/** @param other runs in place of the middleware where a message leaves the process */
export function replacedByLeaving<T extends ReadyMiddleware>(middleware: T, other: ReadyMiddleware): T {
  leaving.set(middleware, other);
  return middleware;
}

/** @param place undefined for a handler of this process */
export const formAt = (middleware: ReadyMiddleware, place: Place | undefined): ReadyMiddleware =>
  place === undefined ? middleware : (leaving.get(middleware) ?? middleware);

/** Another object than the middleware, which may be listed without places too. */
export function placed(middleware: ReadyMiddleware, at: readonly Place[]): ReadyMiddleware {
  const intercept = typeof middleware === 'function' ? middleware : middleware.intercept;
  const call = (message: object, next: Next, context?: MessageContext) =>
    typeof middleware === 'function'
      ? middleware(message, next, context!)
      : middleware.intercept(message, next, context!);
  const wrapper: ReadyMiddleware = declaresParameter(intercept, 3)
    ? (message, next, context) => call(message, next, context)
    : (message: object, next: Next) => call(message, next);
  if (middleware.wraps) wrapper.wraps = type => middleware.wraps!(type);
  const { name } = typeof middleware === 'function' ? middleware : middleware.constructor;
  Object.defineProperty(wrapper, 'name', { value: name });
  const other = leaving.get(middleware);
  if (other !== undefined) replacedByLeaving(wrapper, placed(other, at));
  return runningAt(wrapper, ...at);
}

/** @param place undefined for a handler of this process */
export function runsAt(middleware: ReadyMiddleware, place: Place | undefined): boolean {
  const own = placesOf(middleware);
  return place === undefined ? own.some(each => AT_CALL.includes(each)) : own.includes(place);
}

/** @param place undefined for a handler of this process */
export const runsFor = (middleware: ReadyMiddleware, type: MessageType, place: Place | undefined): boolean =>
  wrapsType(middleware, type) && runsAt(middleware, place);

const placesOf = (middleware: ReadyMiddleware): readonly Place[] =>
  places.get(middleware) ??
  (typeof middleware === 'function' ? undefined : placesOfClass(middleware.constructor)) ??
  AT_CALL;

/** A subclass runs where its base class does. */
export const placesOfClass = (type: object): readonly Place[] | undefined =>
  lineage(type as MessageType)
    .map(each => middlewarePlacement(each)?.at)
    .find(each => each !== undefined);
