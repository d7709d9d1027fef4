import type { HandlerIdentity } from '../context/handler-identity.js';
import type { DispatchScope } from '../context/said.js';
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
import type { Pipelines, Pipeline, PipelineForms } from './pipeline.js';
import { Probes } from './probes.js';
import { WatchedRequest } from './watched-request.js';

/** @returns undefined while providers are being created */
export type StartGate = () => Promise<void> | undefined;

/** Sends messages through pipelines, composed at a type's first message and after changes of handlers or middleware. */
export class Dispatcher {
  /** Set until handlers are registered. */
  gate: StartGate | undefined;
  /** Makes `REQUEST` of a given `asyncContext` known to Nest. */
  introduce: ((scope: DispatchScope) => void) | undefined;
  runningWork: RunningWork | undefined;
  /** Told of failures that a middleware hides from the caller; default: logs them. */
  reporter: (() => FailureReporter) | undefined;
  optionMiddleware: readonly ReadyMiddleware[] = OPTION_MIDDLEWARE;
  /** Called with each result that `dispatch()` discards, in strict mode. */
  onDropped: ((message: object, result: unknown) => void) | undefined;
  readonly probes = new Probes(() => this.forget());
  private readonly composer: PipelineComposer;
  /** By prototype of the message. */
  private known = new WeakMap<object, Pipelines>();
  /** perf: the same type again needs no lookup, 12 % of `execute`. */
  private latestPrototype: object | undefined;
  private latestPipelines: Pipelines | undefined;
  private closed = false;

  constructor(
    readonly kind: MessageKind,
    lookup: HandlerLookup,
    private readonly audience: Audience<object> = NO_AUDIENCE,
  ) {
    this.composer = new PipelineComposer(kind, lookup, this.probes);
  }

  /** These run inside the middleware of `setMiddleware`. */
  setOwnMiddleware(own: readonly MiddlewareReference[]): void {
    this.composer.setOwnMiddleware(own);
    this.forget();
  }

  /** Outermost first. */
  setMiddleware(middleware: readonly MiddlewareReference[], resolve?: MiddlewareResolver): void {
    this.composer.setMiddleware(middleware, resolve);
    this.forget();
  }

  forget(): void {
    this.known = new WeakMap();
    this.latestPrototype = undefined;
  }

  close(): void {
    this.closed = true;
    this.forget();
  }

  /**
   * @param given options or their short forms
   * @returns the handler's own promise, or one of its result; errors are always rejections
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

  /** Discards the result: one promise and one microtask more. */
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

  remember(scope: DispatchScope | undefined, message: object): void {
    if (scope === undefined) return;
    rememberGiven(scope, message);
    this.introduce?.(scope);
  }

  /** @throws InvalidMessageException, BusClosedException, errors of the lookup */
  pipelinesOf(message: object): Pipelines {
    const prototype = prototypeOrNull(message);
    if (prototype === this.latestPrototype) return this.latestPipelines!;
    const { probes } = this;
    probes.look();
    const { known } = this;
    const pipelines = known.get(prototype as object) ?? this.composeFor(message, known);
    // A probe that wraps a step, and a middleware that is made, may change something by it.
    if (probes.canSleep || known !== this.known) return pipelines;
    this.latestPrototype = prototype as object;
    this.latestPipelines = pipelines;
    return pipelines;
  }

  /**
   * Whether neither middleware nor a probe is around the handler of a command or query.
   * @throws as `pipelinesOf`
   */
  isPlain(message: object): boolean {
    const { watched, isProbed } = this.pipelinesOf(message).first!;
    return watched === undefined && !isProbed;
  }

  /** @returns the handler's result; a promise unless nothing but probes is around the handler */
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

  describe(
    message: object,
    type: MessageType,
    handler: HandlerIdentity,
    options?: DispatchOptions,
    cause?: Cause,
  ): MessageContext {
    return contextOf(message, { kind: this.kind, type, handler }, options, cause);
  }

  private composeFor(message: object, known: WeakMap<object, Pipelines>): Pipelines {
    const prototype = prototypeOf(message, `${this.kind} bus`);
    const type = typeOfPrototype(prototype);
    if (this.closed) throw new BusClosedException(nameOf(type));
    const pipelines = this.composer.pipelinesOf(type);
    known.set(prototype, pipelines);
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

  private sendWatched(
    pipeline: Pipeline,
    watched: PipelineForms,
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

  /** perf: a method of its own; a closure over the message within `dispatch` makes every call 10 % slower. */
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

/** Null for a proxy that throws; `composeFor` refuses it. */
function prototypeOrNull(message: unknown): object | null {
  try {
    return typeof message === 'object' && message !== null ? (Object.getPrototypeOf(message) as object | null) : null;
  } catch {
    return null;
  }
}

const NO_AUDIENCE: Audience<object> = { observed: false, show: () => undefined };
