import { causeOf } from '../context/cause.js';
import {
  MessageContext,
  type DispatchOptions,
  type DispatchScope,
  type HandlerIdentity,
} from '../context/message-context.js';
import { BusClosedException } from '../errors/bus-closed.exception.js';
import { InvalidMessageException } from '../errors/invalid-message.exception.js';
import { NotWiredException } from '../errors/not-wired.exception.js';
import { givenContext, rememberGiven } from '../handlers/async-context.js';
import type { HandlerInvoker } from '../handlers/handler-invoker.js';
import { lineage, messageName, nameOf, prototypeOf, typeOfPrototype } from '../messages/inspect-message.js';
import type { MessageKind, MessageType } from '../messages/message.js';
import { compose, settled, type Step } from '../pipeline/compose.js';
import { instantiateOnce, type MiddlewareResolver } from '../pipeline/instantiate.js';
import type { MiddlewareReference, ReadyMiddleware } from '../pipeline/middleware.js';
import { usedMiddleware } from '../pipeline/use-middleware.decorator.js';
import { DEMANDED, routeFor } from './demanding-route.js';
import type { InFlight } from './in-flight.js';
import type { Route } from './route.js';

/** Who sees every message of a bus beside its handlers: subscribers, or a publisher. */
export interface Audience {
  /** Whether anybody is there. */
  isAttentive(): boolean;
  /** Shows a message; never throws. */
  show(message: object): void;
}

/**
 * Makes handlers available before the first message passes.
 * @returns a promise of that; undefined as long as the providers of the application are still being created
 */
export type StartGate = () => Promise<void> | undefined;

/** Which handlers a message type has; throws where it must have one. */
export type HandlerLookup = (type: MessageType) => readonly HandlerInvoker[];

/**
 * Finds the way of a message through the middleware to its handlers. The ways of a type are put together when
 * it is first seen, and again after handlers or middleware have changed.
 */
export class Dispatcher {
  /** Set as long as the handlers of an application are not there yet. */
  gate: StartGate | undefined;
  /** Makes known in an application what a caller gives as `asyncContext`: who resolves by it finds its `REQUEST`. */
  introduce: ((scope: DispatchScope) => void) | undefined;
  /** Set where somebody wants to know at the end what still runs. */
  inFlight: InFlight | undefined;
  /** What does what the options of a dispatch ask for. */
  demanded: readonly ReadyMiddleware[] = DEMANDED;
  /** Told the results that nobody wants, where somebody watches for them. */
  dropped: ((message: object, result: unknown) => void) | undefined;
  /** What whoever built the bus put around it; stays within what `use` puts there. */
  private own: readonly MiddlewareReference[] = [];
  private plans = new WeakMap<object, readonly Route[]>();
  /** Whether there is anything to forget: at start every registration asks for it, and a new map is not cheap. */
  private isPlanned = false;
  private latestPrototype: object | undefined;
  private latestPlan: readonly Route[] = [];
  private middleware: readonly ReadyMiddleware[] = [];
  private resolve: MiddlewareResolver = instantiateOnce();
  private closed = false;

  constructor(
    readonly kind: MessageKind,
    private readonly lookup: HandlerLookup,
    private readonly audience: Audience = NOBODY,
  ) {}

  /** Puts middleware around every dispatch, within whatever `use` puts there. */
  keep(own: readonly MiddlewareReference[]): void {
    this.own = own;
    this.use([]);
  }

  /** Puts middleware around every dispatch, the first outermost, in place of what this put there before. */
  use(middleware: readonly MiddlewareReference[], resolve: MiddlewareResolver = this.resolve): void {
    this.resolve = resolve;
    this.middleware = [...middleware, ...this.own].map(reference => resolve(reference));
    this.forget();
  }

  /** Drops what was put together, because handlers or middleware have changed. */
  forget(): void {
    if (!this.isPlanned) return;
    this.isPlanned = false;
    this.plans = new WeakMap();
    this.latestPrototype = undefined;
  }

  /** Refuses every message from now on. */
  close(): void {
    this.closed = true;
    this.forget();
  }

  /**
   * Sends a command or query to its handler.
   * @returns the promise of the handler itself, or one of what it returned; errors are always rejections
   */
  execute(message: object, options?: DispatchOptions): Promise<unknown> {
    if (this.gate !== undefined) return this.executeLater(this.gate, message, options);
    try {
      const route = this.plan(message)[0]!;
      if (options !== undefined) this.remember(options.asyncContext, message);
      if (this.audience.isAttentive()) this.audience.show(message);
      const result =
        options !== undefined
          ? this.run(routeFor(route, options, this.demanded), message, options)
          : route.direct
            ? route.invoker.invoke(message)
            : this.run(route, message);
      const promise = result instanceof Promise ? result : Promise.resolve(result);
      if (this.inFlight !== undefined) this.inFlight.note(promise, route);
      return promise;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** The same for a command whose result nobody wants: one promise and one microtask more. */
  dispatch(message: object, options?: DispatchOptions): Promise<void> {
    const { dropped } = this;
    return this.execute(message, options).then(dropped === undefined ? nothing : result => dropped(message, result));
  }

  /** Remembers which request-scoped instances the sender of a message wants to serve it. */
  remember(scope: DispatchScope | undefined, message: object): void {
    if (scope === undefined) return;
    rememberGiven(scope, message);
    this.introduce?.(scope);
  }

  /**
   * The routes of a message to its handlers.
   * @throws InvalidMessageException, BusClosedException, and what the lookup of handlers throws
   */
  plan(message: object): readonly Route[] {
    const prototype: unknown = typeof message === 'object' && message !== null ? Object.getPrototypeOf(message) : null;
    if (prototype === this.latestPrototype) return this.latestPlan;
    const plan = this.plans.get(prototype as object) ?? this.newPlan(message);
    this.latestPrototype = prototype as object;
    this.latestPlan = plan;
    return plan;
  }

  /**
   * Runs a message along a route.
   * @param context of this delivery, where the caller has made one
   * @returns what the handler returns, or a promise of it wherever middleware or a context lie between
   */
  run(route: Route, message: object, options?: DispatchOptions, context?: MessageContext): unknown {
    options?.signal?.throwIfAborted();
    if (route.direct) return route.invoker.invoke(message);
    const step = options === undefined ? route.step : route.carrying;
    return step.run(message, context ?? this.context(step, route, message, options));
  }

  /** What is known of a dispatch; undefined where nobody on the way reads it. */
  private context(step: Step, { type, invoker }: Route, message: object, options?: DispatchOptions) {
    return step.usesContext ? this.describe(message, type, invoker.identity, options) : undefined;
  }

  /** What is known of a dispatch to somebody, whether or not anybody reads it. */
  describe(message: object, type: MessageType, handler: HandlerIdentity, options?: DispatchOptions): MessageContext {
    const asyncContext = options?.asyncContext ?? givenContext(message);
    const context = options?.context ?? causeOf(message);
    const isSaid = asyncContext === options?.asyncContext && context === options?.context;
    return new MessageContext(this.kind, type, handler, isSaid ? options : { ...options, asyncContext, context });
  }

  private newPlan(message: object): readonly Route[] {
    const prototype = prototypeOf(message, `${this.kind} bus`);
    const type = typeOfPrototype(prototype);
    if (this.closed) throw new BusClosedException(nameOf(type));
    const plan = this.lookup(type).map(invoker => this.route(type, invoker));
    this.plans.set(prototype, plan);
    this.isPlanned = true;
    return plan;
  }

  /** Middleware of the bus, of what the type extends, of the type, of the handler, from the outside in. */
  private route(type: MessageType, invoker: HandlerInvoker): Route {
    const middleware = [...this.middleware, ...this.ready([...usedBy(type), ...invoker.middleware])];
    const run = settled((message, context) => this.handle(type, invoker, message, context));
    const step = compose(middleware, { run, usesContext: invoker.usesContext });
    const carrying = step.usesContext ? step : compose(middleware, { run, usesContext: true });
    return {
      type,
      invoker,
      step,
      carrying,
      direct: middleware.length === 0 && !invoker.usesContext,
      running: 0,
      end: undefined,
    };
  }

  private ready(references: readonly MiddlewareReference[]): ReadyMiddleware[] {
    return references.map(reference => this.resolve(reference));
  }

  /** The end of every chain: the handler, or the way of a message which a middleware put in place of the first. */
  private handle(type: MessageType, invoker: HandlerInvoker, message: object, context?: MessageContext): unknown {
    const other = typeOfPrototype(prototypeOf(message, 'next() of a middleware'));
    if (other !== type) return this.substitute(type, invoker, message, context);
    if (context) context.attempt += 1;
    return invoker.invoke(message, context);
  }

  /** Sends a message of another type on, through the middleware of its type and handler that has not been passed. */
  private substitute(type: MessageType, invoker: HandlerInvoker, message: object, context?: MessageContext): unknown {
    const other = typeOfPrototype(prototypeOf(message));
    const invokers = this.lookup(other);
    const found = invokers.includes(invoker) ? invoker : invokers[0]!;
    if (found !== invoker && this.kind === 'event')
      throw new InvalidMessageException(message, `next() before ${invoker.identity.name}, which handles other events`);
    const passed = new Set(usedBy(type));
    const ofType = this.ready(usedBy(other).filter(reference => !passed.has(reference)));
    const middleware = found === invoker ? ofType : [...ofType, ...this.ready(found.middleware)];
    const run = settled((given, known) => this.handle(other, found, given, known));
    const step = compose(middleware, { run, usesContext: found.usesContext });
    return step.run(message, context ?? (step.usesContext ? this.describe(message, other, found.identity) : undefined));
  }

  private executeLater(gate: StartGate, message: object, options?: DispatchOptions): Promise<unknown> {
    const opening = gate();
    if (!opening) return Promise.reject(new NotWiredException(messageName(message ?? {})));
    return opening.then(() => {
      this.gate = undefined;
      return this.execute(message, options);
    });
  }
}

/** What `@UseMiddleware` put on a message class and on what it extends, outermost first. */
const usedBy = (type: MessageType): MiddlewareReference[] => lineage(type).toReversed().flatMap(usedMiddleware);

const nothing = (): void => undefined;

const NOBODY: Audience = { isAttentive: () => false, show: () => undefined };
