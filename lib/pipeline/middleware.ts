import type { MessageContext } from '../context/message-context.js';
import type { MessageType } from '../messages/message.js';

/**
 * Runs what lies further in: the next middleware, at last the handler.
 * May be called again (a retry), with another message, or not at all.
 * @param message what the inner layers see
 * @returns always a promise: of what the handler returned, or rejected with what was thrown
 */
export type Next = (message: object) => Promise<any>; // eslint-disable-line @typescript-eslint/no-explicit-any -- results of every handler pass through here

/** What a middleware returns: the result of the dispatch, or a promise of it. A function that returns nothing does not compile. */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- everything but `void`, which a function without `return` counts as
export type MiddlewareResult = {} | null;

/** Which message types a middleware wraps. */
export interface SelectiveMiddleware {
  /**
   * Asked before the first dispatch of a message type, not at each dispatch; the dispatches of a type that is not wrapped
   * cost nothing. All types are wrapped if left out, and by middleware that is request-scoped.
   * @param type class of the message
   */
  wraps?(type: MessageType): boolean;
}

/** A middleware as a function; what it returns is the result of the dispatch. */
export interface MiddlewareFunction extends SelectiveMiddleware {
  (message: object, next: Next, context: MessageContext): MiddlewareResult;
}

/**
 * A middleware as a class. As a provider it is injected like any other; it may be request-scoped.
 * The context is made only for dispatches in which a middleware or the handler declares that parameter.
 */
export interface CqrsMiddleware extends SelectiveMiddleware {
  /**
   * @param message the message, or what an outer middleware put in its place
   * @param next runs what lies further in
   * @param context what is known of this dispatch
   * @returns the result of the dispatch, or a promise of it
   */
  intercept(message: object, next: Next, context: MessageContext): MiddlewareResult;
}

/** The class of a middleware, as it is named in options and decorators. */
export type MiddlewareType = abstract new (...args: never[]) => CqrsMiddleware;

/** A middleware that is ready to run. */
export type ReadyMiddleware = MiddlewareFunction | CqrsMiddleware;

/** How a middleware is named in options and decorators: ready, or by its class. */
export type MiddlewareReference = ReadyMiddleware | MiddlewareType;

/** Whether a reference names a class that has to be instantiated first; its instances may get `intercept` as a property. */
export const isMiddlewareType = (reference: MiddlewareReference): reference is MiddlewareType =>
  typeof reference === 'function' &&
  (typeof (reference.prototype as Partial<CqrsMiddleware> | undefined)?.intercept === 'function' ||
    Function.prototype.toString.call(reference).startsWith('class'));

/** Whether a value can serve as a middleware. */
export const isMiddlewareReference = (value: unknown): value is MiddlewareReference =>
  typeof value === 'function' || typeof (value as Partial<CqrsMiddleware> | null | undefined)?.intercept === 'function';

/** Whether a middleware wraps the dispatches of a type. */
export const wrapsType = (middleware: ReadyMiddleware, type: MessageType): boolean => middleware.wraps?.(type) ?? true;

/** The name of a middleware for texts. */
export const middlewareName = (reference: MiddlewareReference): string =>
  (typeof reference === 'function' ? reference.name : reference.constructor.name) || '(anonymous middleware)';
