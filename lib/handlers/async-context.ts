import { ContextIdFactory, type ContextId } from '@nestjs/core';
import type { DispatchScope } from '../context/message-context.js';

/** Where @nestjs/cqrs keeps the context on an object; `attachTo` leaves it there where the object can be written. */
export const ASYNC_CONTEXT_ATTRIBUTE: unique symbol = Symbol('ASYNC_CONTEXT_ATTRIBUTE');

/** Contexts that callers gave. */
const given = new WeakMap<object, AsyncContext>();
/** Contexts that were made for one dispatch because the caller gave none. */
const made = new WeakMap<object, AsyncContext>();
/** What `REQUEST` injects where it is not the context itself, and whether Nest serves it already. */
const requests = new WeakMap<AsyncContext, { readonly request: object; readonly isServed: boolean }>();

/**
 * Says which instances of request-scoped providers serve a dispatch: all dispatches that are given the same
 * one share them. Honours the context strategy of the application (`ContextIdFactory.apply`).
 *
 * It has no properties but `id`: those of subclasses are what `REQUEST` injects.
 */
export class AsyncContext implements DispatchScope {
  /** The context identifier Nest resolves request-scoped providers by. */
  readonly id: ContextId;

  /**
   * @param request what `REQUEST` injects, and what the context strategy reads; this object itself if left out.
   *   An HTTP request that Nest already serves request-scoped shares those instances.
   * @param headers what a context strategy finds as `request.headers` where there is no request
   */
  constructor(request?: object, headers: Readonly<Record<string, unknown>> = {}) {
    this.id = ContextIdFactory.getByRequest(
      request ?? (Object.create(this, { headers: { value: headers } }) as object),
    );
    // Nest hands out the same identifier twice only for a request that carries one.
    if (request) requests.set(this, { request, isServed: ContextIdFactory.getByRequest(request) === this.id });
  }

  /** Remembers this context for an object; the last one wins. Frozen objects can be given one too. */
  attachTo(target: object): void {
    given.set(target, this);
    if (Object.isExtensible(target))
      Object.defineProperty(target, ASYNC_CONTEXT_ATTRIBUTE, {
        value: this,
        enumerable: false,
        configurable: true,
        writable: true,
      });
  }

  /** Whether an object has been given a context. */
  static isAttached(target: object): boolean {
    return AsyncContext.of(target) !== undefined;
  }

  /**
   * Gives the context of one object to another; does nothing if there is none.
   * @param from a message with a context, or an `AsyncContext`
   * @param to the message that shall have it too
   */
  static merge(from: object | undefined, to: object | undefined): void {
    if (!from || !to) return;
    (from instanceof AsyncContext ? from : AsyncContext.of(from))?.attachTo(to);
  }

  /**
   * The context that an object was given or sent in; for its request-scoped handler also the one made for it.
   * Undefined if there is none.
   */
  static of(target: object): AsyncContext | undefined {
    return typeof target === 'object' && target !== null ? (givenContext(target) ?? made.get(target)) : undefined;
  }
}

/** The context that somebody gave a message, to be used wherever it is sent; undefined if nobody did. */
export const givenContext = (message: object): AsyncContext | undefined => given.get(message) ?? attribute(message);

/** A proxy may refuse to be read; then it has no context. */
const attribute = (message: object): AsyncContext | undefined => {
  try {
    return (message as { [ASYNC_CONTEXT_ATTRIBUTE]?: AsyncContext })[ASYNC_CONTEXT_ATTRIBUTE];
  } catch {
    return undefined;
  }
};

/** Remembers the context a message is sent in, without touching the message. */
export const rememberGiven = (context: DispatchScope | undefined, message: object): void => {
  if (context instanceof AsyncContext && typeof message === 'object' && message !== null) given.set(message, context);
};

/** Lets the handler of a message find the context that was made for this dispatch; the next one gets its own. */
export const rememberMade = (context: AsyncContext, message: object): void => void made.set(message, context);

/** What `REQUEST` injects in this context; undefined where Nest has said so itself. */
export const requestOf = (context: AsyncContext): object | undefined => {
  const known = requests.get(context);
  return known?.isServed ? undefined : (known?.request ?? context);
};
