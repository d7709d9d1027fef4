import { ContextIdFactory, type ContextId, type ModuleRef } from '@nestjs/core';
import type { DispatchScope } from '../context/said.js';
import { Beside } from '../messages/beside.js';
import { ContextIdentity } from './context-identity.js';

/** Where @nestjs/cqrs keeps the context on an object; `attachTo` leaves it there where the object can be written. */
export const ASYNC_CONTEXT_ATTRIBUTE: unique symbol = Symbol('ASYNC_CONTEXT_ATTRIBUTE');

/**
 * Contexts that callers gave. Beside the message, which may be frozen. Written by `attachTo` and by dispatches with the option
 * `asyncContext`; read by each dispatch and by `AsyncContext.of`.
 */
const given = new Beside<AsyncContext>();

/**
 * Contexts that were made for one dispatch because the caller gave none. Beside the message, which knows no dispatch. Written
 * by scoped invokers and pipelines; read by `AsyncContext.of` alone.
 */
const made = new Beside<AsyncContext>();

/** perf: whether `attachTo` was ever called; until then a dispatch without options looks nothing up. */
let isAttachUsed = false;

/** What users of a context do not see. */
let ownIdentity: (context: object) => ContextIdentity | undefined;

/**
 * Keeps an application for the time when a context needs instances and gets its identity.
 * @returns whether that time has not come
 */
export let noteApplication: (context: object, moduleRef: ModuleRef) => boolean;

/**
 * Says which instances of request-scoped providers serve a dispatch: all dispatches that are given the same
 * one share them. Honours the context strategy of the application (`ContextIdFactory.apply`).
 *
 * It has no properties but `id`: those of subclasses are what `REQUEST` injects.
 */
export class AsyncContext implements DispatchScope {
  /** The context identifier Nest resolves request-scoped providers by. */
  declare readonly id: ContextId;
  readonly #request: object | undefined;
  readonly #headers: Readonly<Record<string, unknown>>;
  #identity: ContextIdentity | undefined;
  /** Set while the context strategy is asked: it may look at the identifier, which is not there yet. */
  #isAsking = false;
  /** Applications that were given this context before it had an identity. */
  #applications: Set<ModuleRef> | undefined;

  static {
    ownIdentity = context => {
      if (!(#identity in context)) return undefined;
      return context.#isAsking ? undefined : (context.#identity ??= context.identify());
    };
    noteApplication = (context, moduleRef) => {
      if (!(#identity in context) || context.#identity !== undefined) return false;
      (context.#applications ??= new Set()).add(moduleRef);
      return true;
    };
  }

  /**
   * @param request what `REQUEST` injects, and what the context strategy reads; this object itself if left out.
   *   An HTTP request that Nest already serves request-scoped shares those instances.
   * @param headers what a context strategy finds as `request.headers` where there is no request
   */
  constructor(request?: object, headers: Readonly<Record<string, unknown>> = {}) {
    this.#request = request;
    this.#headers = headers;
    Object.defineProperty(this, 'id', IDENTIFIER);
  }

  /** Remembers this context for an object; the last one wins. Frozen objects can be given one too. */
  attachTo(target: object): void {
    isAttachUsed = true;
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
   * @param to the message that gets it too
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
    return typeof target === 'object' && target !== null ? (givenContext(target) ?? made.of(target)) : undefined;
  }

  /** Asks the context strategy, when instances are first needed: only then the constructor of a subclass has run. */
  private identify(): ContextIdentity {
    const request = this.#request;
    this.#isAsking = true;
    let id: ContextId;
    try {
      id = ContextIdFactory.getByRequest(request ?? standIn(this, this.#headers));
    } finally {
      this.#isAsking = false;
    }
    // Nest hands out the same identifier twice only for a request that carries one.
    const isServed = request !== undefined && ContextIdFactory.getByRequest(request) === id;
    // A context strategy knows the identifier already, and so does Nest where it serves the request.
    const identity = new ContextIdentity(
      id,
      isServed ? undefined : (request ?? this),
      !isServed && !('getParent' in id),
    );
    for (const moduleRef of this.#applications ?? []) identity.introduce(moduleRef);
    return identity;
  }
}

/** The context that a message was given, used wherever it is sent; undefined if there is none. */
export const givenContext = (message: object): AsyncContext | undefined => given.of(message) ?? attribute(message);

/** Whether `attachTo` has given a message a context. */
export const isAttached = (message: object): boolean => isAttachUsed && givenContext(message) !== undefined;

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

/**
 * Lets `AsyncContext.of()` find the instances that serve a dispatch by a message that a middleware, a validation or a
 * pipe has put in place of the one that was sent.
 */
export function rememberScope(
  context: { readonly scope: DispatchScope | undefined } | undefined,
  message: unknown,
): void {
  const scope = context?.scope;
  if (!(scope instanceof AsyncContext) || typeof message !== 'object' || message === null) return;
  if (AsyncContext.of(message) === undefined) made.set(message, scope);
}

/** Lets the handler of a message find the context that was made for this dispatch; the next one gets its own. */
export const rememberMade = (context: AsyncContext, message: object): void => void made.set(message, context);

/** The identity of a context; undefined of what has an identifier of its own making. */
export function contextIdentityOf(context: DispatchScope): ContextIdentity | undefined {
  const identity = ownIdentity(context);
  if (identity === undefined || Object.getPrototypeOf(context) === AsyncContext.prototype) return identity;
  return Object.getOwnPropertyDescriptor(context, 'id')?.get === IDENTIFIER.get ? identity : undefined;
}

/** What `REQUEST` injects in this context; undefined where Nest has said so itself. */
export const requestOf = (context: AsyncContext): object | undefined => {
  const identity = ownIdentity(context);
  return identity ? identity.request : context;
};

/** That of an object that inherits from a context too. */
const inheritedIdentity = (context: object | null): ContextIdentity | undefined =>
  context === null ? undefined : (ownIdentity(context) ?? inheritedIdentity(Object.getPrototypeOf(context) as object));

/** One for all: contexts then have the same shape. */
const IDENTIFIER: PropertyDescriptor & ThisType<object> = {
  enumerable: true,
  configurable: true,
  get() {
    return inheritedIdentity(this)?.read();
  },
  set(value: unknown) {
    inheritedIdentity(this)?.read();
    Object.defineProperty(this, 'id', { value, enumerable: true, configurable: true, writable: true });
  },
};

/** What a context strategy is asked with in place of a request: the context, with the headers of the dispatch. */
class StandIn {
  constructor(
    private readonly context: AsyncContext,
    readonly headers: Readonly<Record<string, unknown>>,
  ) {}

  get id(): ContextId {
    return this.context.id;
  }
}
Object.setPrototypeOf(StandIn.prototype, AsyncContext.prototype);

/**
 * What a context strategy reads: a subclass with what it has set, and the headers of the dispatch where it has none of its
 * own. To inherit from an object is slow, and done for subclasses alone.
 */
function standIn(context: AsyncContext, headers: Readonly<Record<string, unknown>>): object {
  if (Object.getPrototypeOf(context) === AsyncContext.prototype) return new StandIn(context, headers);
  return 'headers' in context ? context : (Object.create(context, { headers: { value: headers } }) as object);
}
