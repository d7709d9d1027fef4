import { ContextIdFactory, type ContextId } from '@nestjs/core';
import type { DispatchScope } from '../context/message-context.js';

/** Where @nestjs/cqrs keeps the context on an object; `attachTo` leaves it there where the object can be written. */
export const ASYNC_CONTEXT_ATTRIBUTE: unique symbol = Symbol('ASYNC_CONTEXT_ATTRIBUTE');

const attached = new WeakMap<object, AsyncContext>();

/**
 * Says which instances of request-scoped providers serve a dispatch: all dispatches that are given the same
 * one share them. Honours the context strategy of the application (`ContextIdFactory.apply`).
 */
export class AsyncContext implements DispatchScope {
  /** The context identifier Nest resolves request-scoped providers by. */
  readonly id: ContextId;
  /** Whether Nest serves the request already, so that `REQUEST` is known for this context. */
  readonly sharesRequest: boolean;

  /**
   * @param request what `REQUEST` injects, and what the context strategy reads; this object itself if left out.
   *   An HTTP request that Nest already serves request-scoped shares those instances.
   * @param headers what a context strategy finds as `request.headers` where there is no request
   */
  constructor(
    readonly request?: object,
    readonly headers: Readonly<Record<string, unknown>> = {},
  ) {
    this.id = ContextIdFactory.getByRequest(request ?? this);
    // Nest hands out the same identifier twice only for a request that carries one.
    this.sharesRequest = request !== undefined && ContextIdFactory.getByRequest(request) === this.id;
  }

  /** Remembers this context for an object; the last one wins. Frozen objects can be given one too. */
  attachTo(target: object): void {
    attached.set(target, this);
    if (Object.isExtensible(target))
      Object.defineProperty(target, ASYNC_CONTEXT_ATTRIBUTE, {
        value: this,
        enumerable: false,
        configurable: true,
        writable: true,
      });
  }

  /** Remembers this context for a message without touching it; used by the buses. */
  remember(message: object): void {
    attached.set(message, this);
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

  /** The context an object has been given; undefined if none. */
  static of(target: object): AsyncContext | undefined {
    if (typeof target !== 'object' || target === null) return undefined;
    return attached.get(target) ?? (target as { [ASYNC_CONTEXT_ATTRIBUTE]?: AsyncContext })[ASYNC_CONTEXT_ATTRIBUTE];
  }
}
