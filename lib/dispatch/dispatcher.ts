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
import { OPTION_MIDDLEWARE, pipelineFor } from './option-pipeline.js';
import { copyOfOptions, toDispatchOptions } from './dispatch-options.js';
import { constructingClass } from './constructing-class.js';
import type { Audience } from './audience.js';
import { contextOf, isSaidBeside, type Cause } from './dispatch-context.js';
import type { FailureReporter } from './failures.js';
import type { RunningWork } from './running-work.js';
import { PipelineComposer, type HandlerLookup } from './pipeline-composer.js';
import type { Pipelines, Pipeline, ComposedForms } from './pipeline.js';
import { WatchedRequest } from './watched-request.js';

/**
 * Makes handlers available before the first message passes.
 * @returns a promise of that; undefined as long as the providers of the application are still being created
 */
export type StartGate = () => Promise<void> | undefined;

/**
 * Sends messages through pipelines. Those of a type are composed when its first message comes, and again after handlers or
 * middleware have changed.
 */
export class Dispatcher {
  /** Set until the handlers of the application are registered. */
  gate: StartGate | undefined;
  /** Makes the `REQUEST` of a given `asyncContext` known in the application. */
  introduce: ((scope: DispatchScope) => void) | undefined;
  /** What the end of the application waits for; undefined if nothing waits. */
  runningWork: RunningWork | undefined;
  /** Told of failures that a middleware keeps from the caller; without it they are logged. */
  reporter: (() => FailureReporter) | undefined;
  /** Middleware for the options of a dispatch. */
  optionMiddleware: readonly ReadyMiddleware[] = OPTION_MIDDLEWARE;
  /** Called with each result that `dispatch()` discards; set in strict mode. */
  onDropped: ((message: object, result: unknown) => void) | undefined;
  private readonly composer: PipelineComposer;
  /** By the prototype of their messages. perf: undefined while empty, since each registration at startup forgets. */
  private known: WeakMap<object, Pipelines> | undefined;
  /** perf: the same type again needs no lookup. */
  private latestPrototype: object | undefined;
  private latestPipelines: Pipelines | undefined;
  private closed = false;

  constructor(
    readonly kind: MessageKind,
    lookup: HandlerLookup,
    private readonly audience: Audience<object> = NO_AUDIENCE,
  ) {
    this.composer = new PipelineComposer(kind, lookup);
  }

  /** Sets the middleware of the bus itself: inside that of `setMiddleware`. */
  setOwnMiddleware(own: readonly MiddlewareReference[]): void {
    this.composer.setOwnMiddleware(own);
    this.forget();
  }

  /** Sets the middleware that wraps every dispatch, the first outermost, in place of what was set before. */
  setMiddleware(middleware: readonly MiddlewareReference[], resolve?: MiddlewareResolver): void {
    this.composer.setMiddleware(middleware, resolve);
    this.forget();
  }

  /** Drops the pipelines, because handlers or middleware have changed. */
  forget(): void {
    if (this.known === undefined) return;
    this.known = undefined;
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
      const pipelines = this.pipelinesOf(message);
      const promise = this.send(pipelines, message, given === undefined ? undefined : toDispatchOptions(given));
      if (this.runningWork !== undefined) this.runningWork.remember(promise, pipelines.first!.runs);
      return promise;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** The same for a command whose result is discarded: one promise and one microtask more. */
  dispatch(message: object, given?: unknown): Promise<void> {
    if (this.gate !== undefined) return this.executeLater(this.gate, message, given).then(nothing);
    try {
      const pipelines = this.pipelinesOf(message);
      const options = given === undefined ? undefined : toDispatchOptions(given);
      const promise = this.tellDropped(message, this.send(pipelines, message, options));
      return this.runningWork === undefined
        ? Promise.resolve(promise).then(nothing)
        : this.runningWork.follow(promise, pipelines.first!.runs);
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
   * The pipelines of a message.
   * @throws InvalidMessageException, BusClosedException, and what the lookup of handlers throws
   */
  pipelinesOf(message: object): Pipelines {
    const prototype = prototypeOrNull(message);
    if (prototype === this.latestPrototype) return this.latestPipelines!;
    const pipelines = this.known?.get(prototype as object) ?? this.composeFor(message);
    this.latestPrototype = prototype as object;
    this.latestPipelines = pipelines;
    return pipelines;
  }

  /**
   * Runs a message through a pipeline.
   * @param context of this delivery, where the caller has made one
   * @param watch told what `next()` gives, where the caller wants to know
   * @returns what the handler returns; a promise of it if the pipeline is not direct
   */
  run(
    pipeline: Pipeline,
    message: object,
    options?: DispatchOptions,
    context?: MessageContext,
    watch?: NextWatch,
  ): unknown {
    options?.signal?.throwIfAborted();
    if (pipeline.isDirect) return pipeline.invoker.invoke(message);
    const { run, usesContext } =
      options === undefined && !isSaidBeside(message) ? pipeline.composed : pipeline.withContext;
    if (context !== undefined || !usesContext) return run(message, context, watch);
    return run(message, this.describe(message, pipeline.type, pipeline.invoker.identity, options), watch);
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

  private composeFor(message: object): Pipelines {
    const prototype = prototypeOf(message, `${this.kind} bus`);
    const type = typeOfPrototype(prototype);
    if (this.closed) throw new BusClosedException(nameOf(type));
    const pipelines = this.composer.pipelinesOf(type);
    (this.known ??= new WeakMap()).set(prototype, pipelines);
    return pipelines;
  }

  private send(pipelines: Pipelines, message: object, options: DispatchOptions | undefined): Promise<unknown> {
    const pipeline = pipelines.first!;
    if (options !== undefined) return this.sendWith(options, pipeline, message);
    if (this.audience.observed) this.audience.show(message);
    if (pipeline.isDirect) return promised(pipeline.invoker.invoke(message));
    if (pipeline.watched !== undefined) return this.sendWatched(pipeline, pipeline.watched, message);
    return promised(isSaidBeside(message) ? this.run(pipeline, message) : pipelines.send!(message));
  }

  private sendWith(options: DispatchOptions, pipeline: Pipeline, message: object): Promise<unknown> {
    this.remember(options.asyncContext, message);
    if (this.audience.observed) this.audience.show(message);
    const chosen = pipelineFor(pipeline, options, this.optionMiddleware);
    if (chosen === pipeline && pipeline.watched !== undefined)
      return this.sendWatched(pipeline, pipeline.watched, message, options);
    return promised(this.run(chosen, message, options));
  }

  /** Watches whether middleware uses what `next()` gives: until it has once, or always if it was seen to drop it. */
  private sendWatched(
    pipeline: Pipeline,
    watched: ComposedForms,
    message: object,
    options?: DispatchOptions,
  ): Promise<unknown> {
    options?.signal?.throwIfAborted();
    const { type, invoker } = pipeline;
    const { run, usesContext } =
      options === undefined && !isSaidBeside(message) ? watched.composed : watched.withContext;
    const context = usesContext ? this.describe(message, type, invoker.identity, options) : undefined;
    return new WatchedRequest(message, pipeline, watched, this.reporter, context).send(run);
  }

  // perf: functions whose closures capture a message stand apart, since V8 allocates a context for every call of theirs.

  private tellDropped(message: object, promise: Promise<unknown>): Promise<unknown> {
    const { onDropped } = this;
    return onDropped === undefined ? promise : Promise.resolve(promise).then(result => onDropped(message, result));
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

/** Of a proxy that throws when it is looked at: null. `composeFor` refuses it. */
function prototypeOrNull(message: unknown): object | null {
  try {
    return typeof message === 'object' && message !== null ? (Object.getPrototypeOf(message) as object | null) : null;
  } catch {
    return null;
  }
}

const NO_AUDIENCE: Audience<object> = { observed: false, show: () => undefined };
