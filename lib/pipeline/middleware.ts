import type { MessageContext } from '../context/message-context.js';
import type { MessageType } from '../messages/message.js';

/**
 * Runs the next middleware, or the handler. May be called again (a retry), with another message, or not at all.
 * @param message given to the inner layers
 * @returns always a promise; it rejects with what the inner layers throw
 */
export type Next = (message: object) => Promise<any>; // eslint-disable-line @typescript-eslint/no-explicit-any -- results of every handler pass through here

/** The result of the dispatch, or a promise of it. A function that returns nothing does not compile. */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- everything but `void`, which a function without `return` counts as
export type MiddlewareResult = {} | null;

/** Says which message types a middleware wraps. */
export interface SelectiveMiddleware {
  /**
   * Asked before the first dispatch of a message type; dispatches of a type that is not wrapped cost nothing. Without
   * it, and for request-scoped middleware, all types are wrapped.
   */
  wraps?(type: MessageType): boolean;
}

/** A middleware as a function. */
export interface MiddlewareFunction extends SelectiveMiddleware {
  (message: object, next: Next, context: MessageContext): MiddlewareResult;
}

/**
 * A middleware as a class: an injectable provider, also a request-scoped one. The context is made only if a middleware
 * or the handler declares that parameter.
 */
export interface CqrsMiddleware extends SelectiveMiddleware {
  /**
   * @param message the message, or its replacement by an outer middleware
   * @param next runs the inner layers
   * @returns the result of the dispatch, or a promise of it
   */
  intercept(message: object, next: Next, context: MessageContext): MiddlewareResult;
}

export type MiddlewareType = abstract new (...args: never[]) => CqrsMiddleware;

export type ReadyMiddleware = MiddlewareFunction | CqrsMiddleware;

/** A middleware in options and decorators: ready, or its class. */
export type MiddlewareReference = ReadyMiddleware | MiddlewareType;

/** Whether a reference is a class to instantiate; instances may get `intercept` as a property. */
export const isMiddlewareType = (reference: MiddlewareReference): reference is MiddlewareType =>
  typeof reference === 'function' &&
  (typeof (reference.prototype as Partial<CqrsMiddleware> | undefined)?.intercept === 'function' ||
    Function.prototype.toString.call(reference).startsWith('class'));

export const isMiddlewareReference = (value: unknown): value is MiddlewareReference =>
  typeof value === 'function' || typeof (value as Partial<CqrsMiddleware> | null | undefined)?.intercept === 'function';

export const wrapsType = (middleware: ReadyMiddleware, type: MessageType): boolean => middleware.wraps?.(type) ?? true;

export const middlewareName = (reference: MiddlewareReference): string =>
  (typeof reference === 'function' ? reference.name : reference.constructor.name) || '(anonymous middleware)';
