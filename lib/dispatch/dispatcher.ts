import type { DispatchScope, HandlerIdentity } from '../context/said.js';
import type { DispatchOptions, MessageContext } from '../context/message-context.js';
import { BusClosedException } from '../errors/bus-closed.exception.js';
import { NotWiredException } from '../errors/not-wired.exception.js';
import { rememberGiven } from '../scopes/async-context.js';
import { messageName, nameOf, prototypeOf, typeOfPrototype } from '../messages/inspect-message.js';
import type { MessageKind, MessageType } from '../messages/message.js';
import type { MiddlewareResolver } from '../pipeline/instantiate.js';
import type { MiddlewareReference, ReadyMiddleware } from '../pipeline/middleware.js';
import type { NextWatch } from '../pipeline/next-promise.js';
import { promised } from '../pipeline/settled.js';
import { DEMANDED, routeFor } from './demanding-route.js';
import { copyOfOptions, toDispatchOptions } from './dispatch-options.js';
import { constructingClass } from './constructing-class.js';
import { contextOf, isSaidBeside, type Cause } from './dispatch-context.js';
import type { FailureReporter } from './failures.js';
import type { InFlight } from './in-flight.js';
import { RouteComposer, type HandlerLookup } from './route-composer.js';
import type { Plan, Route, Steps } from './route.js';
import { WatchedRequest } from './watched-request.js';

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
  /** Told of failures that a middleware keeps from the caller; the log alone is told if left out. */
  reporter: (() => FailureReporter) | undefined;
  /** What does what the options of a dispatch ask for. */
  demanded: readonly ReadyMiddleware[] = DEMANDED;
  /** Told the results that nobody wants, where somebody watches for them. */
  dropped: ((message: object, result: unknown) => void) | undefined;
  private readonly composer: RouteComposer;
  private plans = new WeakMap<object, Plan>();
  /** Whether there is anything to forget: at start every registration asks for it, and a new map is not cheap. */
  private isPlanned = false;
  private latestPrototype: object | undefined;
  private latestPlan: Plan | undefined;
  private closed = false;

  constructor(
    readonly kind: MessageKind,
    lookup: HandlerLookup,
    private readonly audience: Audience = NOBODY,
  ) {
    this.composer = new RouteComposer(kind, lookup);
  }

  /** Puts middleware around every dispatch, within whatever `use` puts there. */
  keep(own: readonly MiddlewareReference[]): void {
    this.composer.keep(own);
    this.forget();
  }

  /** Puts middleware around every dispatch, the first outermost, in place of what this put there before. */
  use(middleware: readonly MiddlewareReference[], resolve?: MiddlewareResolver): void {
    this.composer.use(middleware, resolve);
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
   * @param given options of the call, or what stands for them
   * @returns the promise of the handler itself, or one of what it returned; errors are always rejections
   */
  execute(message: object, given?: unknown): Promise<unknown> {
    if (this.gate !== undefined) return this.executeLater(this.gate, message, given);
    try {
      const plan = this.plan(message);
      const promise = this.send(plan, message, given === undefined ? undefined : toDispatchOptions(given));
      if (this.inFlight !== undefined) this.inFlight.note(promise, plan.first!);
      return promise;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** The same for a command whose result nobody wants: one promise and one microtask more. */
  dispatch(message: object, given?: unknown): Promise<void> {
    if (this.gate !== undefined) return this.executeLater(this.gate, message, given).then(nothing);
    try {
      const plan = this.plan(message);
      const options = given === undefined ? undefined : toDispatchOptions(given);
      const promise = this.told(message, this.send(plan, message, options));
      return this.inFlight === undefined
        ? Promise.resolve(promise).then(nothing)
        : this.inFlight.follow(promise, plan.first!);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Remembers which request-scoped instances the sender of a message wants to serve it. */
  remember(scope: DispatchScope | undefined, message: object): void {
    if (scope === undefined) return;
    rememberGiven(scope, message);
    this.introduce?.(scope);
  }

  /**
   * The ways of a message to its handlers.
   * @throws InvalidMessageException, BusClosedException, and what the lookup of handlers throws
   */
  plan(message: object): Plan {
    const prototype = prototypeOrNull(message);
    if (prototype === this.latestPrototype) return this.latestPlan!;
    const plan = this.plans.get(prototype as object) ?? this.newPlan(message);
    this.latestPrototype = prototype as object;
    this.latestPlan = plan;
    return plan;
  }

  /**
   * Runs a message along a route.
   * @param context of this delivery, where the caller has made one
   * @param watch told what `next()` gives, where the caller wants to know
   * @returns what the handler returns, or a promise of it wherever middleware or a context lie between
   */
  run(route: Route, message: object, options?: DispatchOptions, context?: MessageContext, watch?: NextWatch): unknown {
    options?.signal?.throwIfAborted();
    if (route.direct) return route.invoker.invoke(message);
    const { run, usesContext } = options === undefined && !isSaidBeside(message) ? route.step : route.carrying;
    if (context !== undefined || !usesContext) return run(message, context, watch);
    return run(message, this.describe(message, route.type, route.invoker.identity, options), watch);
  }

  /**
   * What is known of a dispatch, whether or not a handler reads it.
   * @param cause what causes it; that of the code which calls this if left out
   */
  describe(
    message: object,
    type: MessageType,
    handler: HandlerIdentity,
    options?: DispatchOptions,
    cause?: Cause,
  ): MessageContext {
    return contextOf(message, { kind: this.kind, type, handler }, options, cause);
  }

  private newPlan(message: object): Plan {
    const prototype = prototypeOf(message, `${this.kind} bus`);
    const type = typeOfPrototype(prototype);
    if (this.closed) throw new BusClosedException(nameOf(type));
    const plan = this.composer.plan(type);
    this.plans.set(prototype, plan);
    this.isPlanned = true;
    return plan;
  }

  /** Along the one way of a command or query. */
  private send(plan: Plan, message: object, options: DispatchOptions | undefined): Promise<unknown> {
    const route = plan.first!;
    if (options !== undefined) return this.sendWith(options, route, message);
    if (this.audience.isAttentive()) this.audience.show(message);
    if (route.direct) return promised(route.invoker.invoke(message));
    if (route.watched !== undefined) return this.sendWatched(route, route.watched, message);
    return promised(isSaidBeside(message) ? this.run(route, message) : plan.enter!(message));
  }

  private sendWith(options: DispatchOptions, route: Route, message: object): Promise<unknown> {
    this.remember(options.asyncContext, message);
    if (this.audience.isAttentive()) this.audience.show(message);
    const way = routeFor(route, options, this.demanded);
    if (way === route && route.watched !== undefined) return this.sendWatched(route, route.watched, message, options);
    return promised(this.run(way, message, options));
  }

  /** Along a way whose middleware is not yet known to use what `next()` gives, or known to drop it. */
  private sendWatched(route: Route, watched: Steps, message: object, options?: DispatchOptions): Promise<unknown> {
    options?.signal?.throwIfAborted();
    const { type, invoker } = route;
    const { run, usesContext } = options === undefined && !isSaidBeside(message) ? watched.step : watched.carrying;
    const context = usesContext ? this.describe(message, type, invoker.identity, options) : undefined;
    return new WatchedRequest(message, route, watched, this.reporter, context).send(run);
  }

  // Functions that keep a message stand apart: where they stand, every call would make room for what they keep.

  private told(message: object, promise: Promise<unknown>): Promise<unknown> {
    const { dropped } = this;
    return dropped === undefined ? promise : Promise.resolve(promise).then(result => dropped(message, result));
  }

  private async executeLater(gate: StartGate, message: object, given: unknown): Promise<unknown> {
    const opening = gate();
    if (!opening) throw new NotWiredException(messageName(message ?? {}), constructingClass());
    const options = toDispatchOptions(given);
    const said = options && copyOfOptions(options);
    await opening;
    this.gate = undefined;
    return this.execute(message, said);
  }
}

const nothing = (): void => undefined;

/** Of a proxy that throws when it is looked at: null. `newPlan` refuses it. */
function prototypeOrNull(message: unknown): object | null {
  try {
    return typeof message === 'object' && message !== null ? (Object.getPrototypeOf(message) as object | null) : null;
  } catch {
    return null;
  }
}

const NOBODY: Audience = { isAttentive: () => false, show: () => undefined };
