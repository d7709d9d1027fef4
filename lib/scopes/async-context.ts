import { ContextIdFactory, type ContextId, type ModuleRef } from '@nestjs/core';
import type { DispatchScope } from '../context/said.js';
import { tellScopeRead } from '../context/reads.js';
import { Beside } from '../messages/beside.js';
import { ContextIdentity } from './context-identity.js';

/** The property of @nestjs/cqrs; `attachTo` sets it on extensible objects. */
export const ASYNC_CONTEXT_ATTRIBUTE: unique symbol = Symbol('ASYNC_CONTEXT_ATTRIBUTE');

/**
 * Given by callers. Written by `attachTo` and by dispatches with the option `asyncContext`; read by each dispatch and
 * by `AsyncContext.of`.
 */
const given = new Beside<AsyncContext>();

/**
 * Made for one dispatch without a given context. Written by scoped invokers and pipelines; read by `AsyncContext.of`
 * alone.
 */
const made = new Beside<AsyncContext>();

/** perf: until `attachTo` is called, dispatches look nothing up, 9 % of one with a plain middleware. */
let isAttachUsed = false;

/** Hidden from users of a context. */
let ownIdentity: (context: object) => ContextIdentity | undefined;

/**
 * Keeps an application until a context has an identity.
 * @returns whether it has none
 */
export let noteApplication: (context: object, moduleRef: ModuleRef) => boolean;

/**
 * Says which request-scoped instances serve a dispatch: dispatches with one context share them. Honours
 * `ContextIdFactory.apply`. `id` is the only property, since `REQUEST` injects those of subclasses.
 */
export class AsyncContext implements DispatchScope {
  declare readonly id: ContextId;
  readonly #request: object | undefined;
  readonly #headers: Readonly<Record<string, unknown>>;
  #identity: ContextIdentity | undefined;
  /** The context strategy may read `id` too early. */
  #isAsking = false;
  /** Given this context too early. */
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
   * @param request injected by `REQUEST` and read by the context strategy; default: this object. Shares the instances
   *   of an HTTP request that Nest serves request-scoped.
   * @param headers `request.headers` for a context strategy without a request
   */
  constructor(request?: object, headers: Readonly<Record<string, unknown>> = {}) {
    this.#request = request;
    this.#headers = headers;
    Object.defineProperty(this, 'id', IDENTIFIER);
  }

  /** Remembers this context for an object, even frozen; the last one wins. */
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

  /** Whether an object has a context. */
  static isAttached(target: object): boolean {
    return AsyncContext.of(target) !== undefined;
  }

  /**
   * Attaches one object's context to another, if any.
   * @param from a message, or an `AsyncContext`
   */
  static merge(from: object | undefined, to: object | undefined): void {
    if (!from || !to) return;
    (from instanceof AsyncContext ? from : contextAt(from))?.attachTo(to);
  }

  /** The context that an object was given, sent in, or served in by its request-scoped handler. */
  static of(target: object): AsyncContext | undefined {
    const context = typeof target === 'object' && target !== null ? contextAt(target) : undefined;
    if (context !== undefined) tellScopeRead(context);
    return context;
  }

  /** After the constructor of a subclass. */
  private identify(): ContextIdentity {
    const request = this.#request;
    this.#isAsking = true;
    let id: ContextId;
    try {
      id = ContextIdFactory.getByRequest(request ?? standIn(this, this.#headers));
    } finally {
      this.#isAsking = false;
    }
    // Nest returns the same one twice only if the request carries it.
    const isServed = request !== undefined && ContextIdFactory.getByRequest(request) === id;
    // Context strategies already know the identifier, as does Nest if it serves the request.
    const identity = new ContextIdentity(
      id,
      isServed ? undefined : (request ?? this),
      !isServed && !('getParent' in id),
    );
    for (const moduleRef of this.#applications ?? []) identity.introduce(moduleRef);
    return identity;
  }
}

const contextAt = (target: object): AsyncContext | undefined => givenContext(target) ?? made.of(target);

export const givenContext = (message: object): AsyncContext | undefined => given.of(message) ?? attribute(message);

export const isAttached = (message: object): boolean => isAttachUsed && givenContext(message) !== undefined;

/** A proxy may refuse. */
const attribute = (message: object): AsyncContext | undefined => {
  try {
    return (message as { [ASYNC_CONTEXT_ATTRIBUTE]?: AsyncContext })[ASYNC_CONTEXT_ATTRIBUTE];
  } catch {
    return undefined;
  }
};

export const rememberGiven = (context: DispatchScope | undefined, message: object): void => {
  if (context instanceof AsyncContext && typeof message === 'object' && message !== null) given.set(message, context);
};

/** For replacements by a middleware, validation or pipe. */
export function rememberScope(
  context: { readonly scope: DispatchScope | undefined } | undefined,
  message: unknown,
): void {
  const scope = context?.scope;
  if (!(scope instanceof AsyncContext) || typeof message !== 'object' || message === null) return;
  if (contextAt(message) === undefined) made.set(message, scope);
}

/** Notes the context that a dispatch made for a message. The next dispatch of the message replaces it. */
export const rememberMade = (context: AsyncContext, message: object): void => void made.set(message, context);

/** Undefined for contexts with their own `id`. */
export function contextIdentityOf(context: DispatchScope): ContextIdentity | undefined {
  const identity = ownIdentity(context);
  if (identity === undefined || Object.getPrototypeOf(context) === AsyncContext.prototype) return identity;
  return Object.getOwnPropertyDescriptor(context, 'id')?.get === IDENTIFIER.get ? identity : undefined;
}

/** Undefined if Nest knows it. */
export const requestOf = (context: AsyncContext): object | undefined => {
  const identity = ownIdentity(context);
  return identity ? identity.request : context;
};

/** Also of heirs of a context. */
const inheritedIdentity = (context: object | null): ContextIdentity | undefined =>
  context === null ? undefined : (ownIdentity(context) ?? inheritedIdentity(Object.getPrototypeOf(context) as object));

/** Shared: contexts then have one shape. */
const IDENTIFIER: PropertyDescriptor & ThisType<object> = {
  enumerable: true,
  configurable: true,
  get() {
    tellScopeRead(this);
    return inheritedIdentity(this)?.read();
  },
  set(value: unknown) {
    inheritedIdentity(this)?.read();
    Object.defineProperty(this, 'id', { value, enumerable: true, configurable: true, writable: true });
  },
};

/** Stands for a request in a context strategy. */
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

/** Adds headers. Inheriting is slow: only subclasses do. */
function standIn(context: AsyncContext, headers: Readonly<Record<string, unknown>>): object {
  if (Object.getPrototypeOf(context) === AsyncContext.prototype) return new StandIn(context, headers);
  return 'headers' in context ? context : (Object.create(context, { headers: { value: headers } }) as object);
}
