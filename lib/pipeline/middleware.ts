import type { MessageContext } from '../context/message-context.js';
import type { MessageType } from '../messages/message.js';

/**
 * Runs the next middleware, or the handler. May be called again (a retry), with another message, or not at all.
 * @returns always a promise; rejects with errors of inner layers
 */
export type Next = (message: object) => Promise<any>; // eslint-disable-line @typescript-eslint/no-explicit-any -- results of every handler

/** The result, or a promise of it. A function that returns nothing does not compile. */
export type MiddlewareResult = {} | null;

/** Chooses the message types it wraps. */
export interface SelectiveMiddleware {
  /**
   * Asked before a message type's first dispatch; unwrapped types pay nothing. Without it, and for request-scoped
   * middleware, all types are wrapped.
   */
  wraps?(type: MessageType): boolean;
}

/** A middleware as a function. */
export interface MiddlewareFunction extends SelectiveMiddleware {
  (message: object, next: Next, context: MessageContext): MiddlewareResult;
}

/**
 * A middleware as a class: an injectable provider, also request-scoped. The context is made only if a middleware or the
 * handler declares it.
 */
export interface CqrsMiddleware extends SelectiveMiddleware {
  /** @param message may be a replacement */
  intercept(message: object, next: Next, context: MessageContext): MiddlewareResult;
}

export const PLACES = ['handle', 'send', 'store'] as const;

/** Where a middleware runs: where the handler is called, where a message leaves for another process, where it is stored. */
export type Place = (typeof PLACES)[number];

/** The class of a middleware. */
export type MiddlewareType = abstract new (...args: never[]) => CqrsMiddleware;

export type ReadyMiddleware = MiddlewareFunction | CqrsMiddleware;

/** A middleware, or its class. */
export type MiddlewareReference = ReadyMiddleware | MiddlewareType;

/** Instances may get `intercept` as a property, so any class counts. */
export const isMiddlewareType = (reference: MiddlewareReference): reference is MiddlewareType =>
  typeof reference === 'function' &&
  (typeof (reference.prototype as Partial<CqrsMiddleware> | undefined)?.intercept === 'function' ||
    Function.prototype.toString.call(reference).startsWith('class'));

export const isMiddlewareReference = (value: unknown): value is MiddlewareReference =>
  typeof value === 'function' || typeof (value as Partial<CqrsMiddleware> | null | undefined)?.intercept === 'function';

export const wrapsType = (middleware: ReadyMiddleware, type: MessageType): boolean => middleware.wraps?.(type) ?? true;

/** A middleware with places of its own. `intercept` makes it a middleware wherever references are checked. */
export class PlacedReference implements CqrsMiddleware {
  constructor(
    readonly reference: MiddlewareReference,
    readonly at: readonly Place[],
  ) {}

  intercept(): never {
    throw new TypeError('It is resolved before it runs.');
  }
}

/** Without its places. */
export const referenceOf = (given: MiddlewareReference): MiddlewareReference =>
  given instanceof PlacedReference ? given.reference : given;

export const middlewareName = (given: MiddlewareReference): string => {
  const reference = referenceOf(given);
  return (typeof reference === 'function' ? reference.name : reference.constructor.name) || '(anonymous middleware)';
};
