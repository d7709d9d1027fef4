import { isArrival } from '../context/arrival.js';
import { InvalidMessageException } from '../errors/invalid-message.exception.js';
import { rememberScope } from '../scopes/async-context.js';
import type { HandlerInvoker } from '../handlers/handler-invoker.js';
import { prototypeOf, typeOfPrototype } from '../messages/inspect-message.js';
import type { MessageKind, MessageType } from '../messages/message.js';
import { compose, composeWatched, nextWithoutMessage, type NextCaller, type Composed } from '../pipeline/compose.js';
import { instantiateOnce, type MiddlewareResolver } from '../pipeline/instantiate.js';
import type { MiddlewareReference, ReadyMiddleware } from '../pipeline/middleware.js';
import { around } from '../pipeline/order.js';
import type { NextWatch } from '../pipeline/next-promise.js';
import { promised, settled, type RawRun, type Run } from '../pipeline/settled.js';
import { validation } from '../pipeline/validation.js';
import { ComposedOnce } from './composed-once.js';
import { contextOf } from './dispatch-context.js';
import { layersAt, layersOfArrivals, usedBy } from './layers.js';
import { inBothForms, type PipelineForm, type Pipeline, type Pipelines } from './pipeline.js';
import { ProbedComposer, type Called, type PipelineEnd } from './probed-composer.js';
import type { Probes } from './probes.js';
import { RunCounter } from './run-counter.js';

/** Schemas of message classes count without Nest too. In Nest, `builtInMiddleware()` takes the place of these. */
const WITHOUT_NEST: readonly MiddlewareReference[] = [validation()];

/** Throws for a type that must have handlers. */
export type HandlerLookup = (type: MessageType) => readonly HandlerInvoker[];

/** Composes middleware of bus, type and handler, outermost first. */
export class PipelineComposer {
  private own: readonly MiddlewareReference[] = [];
  private middleware: readonly ReadyMiddleware[] = [];
  private resolve: MiddlewareResolver = instantiateOnce();
  private readonly probed: ProbedComposer;

  constructor(
    private readonly kind: MessageKind,
    private readonly lookup: HandlerLookup,
    private readonly probes: Probes,
  ) {
    this.probed = new ProbedComposer(kind, probes, (type, invoker, called) => this.end(type, invoker, true, called));
  }

  /** These run inside the middleware of `setMiddleware`. */
  setOwnMiddleware(own: readonly MiddlewareReference[]): void {
    this.own = own;
    this.setMiddleware(WITHOUT_NEST);
  }

  setMiddleware(middleware: readonly MiddlewareReference[], resolve: MiddlewareResolver = this.resolve): void {
    this.resolve = resolve;
    this.middleware = [...middleware, ...this.own].map(reference => resolve(reference));
  }

  pipelinesOf(type: MessageType): Pipelines {
    const pipelines = this.lookup(type).map(invoker => this.pipeline(type, invoker));
    const [first, second] = pipelines;
    const isPublishSeen = this.kind === 'event' && this.probes.sees('publish');
    return {
      all: pipelines,
      first,
      send: first && this.withNewContext(first.composed, type, first.invoker),
      direct: second === undefined && first?.isDirect && !isPublishSeen ? first : undefined,
      publish: isPublishSeen ? published => this.probes.begin('publish', published) : undefined,
    };
  }

  private pipeline(type: MessageType, invoker: HandlerInvoker): Pipeline {
    const all = around(this.middleware, this.ready(usedBy(type)), this.ready(invoker.middleware));
    const layers = layersAt(all, type, invoker.place);
    const ofArrivals = layersOfArrivals(layers, invoker.place);
    const pipeline = this.composeWith(layers, type, invoker);
    return ofArrivals === layers ? pipeline : { ...pipeline, ofArrivals: this.composeWith(ofArrivals, type, invoker) };
  }

  private composeWith(middleware: readonly ReadyMiddleware[], type: MessageType, invoker: HandlerInvoker): Pipeline {
    const probed = this.probes.isEmpty ? undefined : this.probed.compose(middleware, type, invoker);
    if (probed !== undefined) return { ...this.idle(type, invoker), ...probed };
    const watched = middleware.length === 0 ? undefined : this.watched(middleware, type, invoker);
    const isWatched = this.kind === 'event' && watched !== undefined;
    const { composed, withContext } = isWatched ? watched : this.unwatched(middleware, type, invoker);
    return {
      ...this.idle(type, invoker),
      composed,
      withContext,
      isDirect: middleware.length === 0 && !invoker.usesContext,
      isWatched,
      watched: isWatched ? undefined : watched,
      within: outer => inBothForms((this.kind === 'event' ? composeWatched : compose)(outer, withContext)),
      prepare: invoker.prepare && ((_event, context) => invoker.prepare!(context)),
      isProbed: false,
    };
  }

  private idle(type: MessageType, invoker: HandlerInvoker) {
    return {
      kind: this.kind,
      type,
      invoker,
      runs: new RunCounter(type, invoker.identity),
      ofArrivals: undefined,
      withOptions: undefined,
      isDropping: false,
      isLosing: false,
      withoutResult: 0,
    };
  }

  private unwatched(middleware: readonly ReadyMiddleware[], type: MessageType, invoker: HandlerInvoker): ChainForms {
    const withContext = compose(middleware, this.end(type, invoker, true));
    if (invoker.usesContext) return { composed: withContext, withContext };
    return { composed: compose(middleware, this.plainEnd(type, invoker)), withContext };
  }

  private watched(middleware: readonly ReadyMiddleware[], type: MessageType, invoker: HandlerInvoker): ChainForms {
    const withContext = composeWatched(middleware, this.end(type, invoker, true));
    const composed = invoker.usesContext ? withContext : composeWatched(middleware, this.end(type, invoker, false));
    return { composed, withContext };
  }

  private ready(references: readonly MiddlewareReference[]): ReadyMiddleware[] {
    return references.map(reference => this.resolve(reference));
  }

  private withNewContext({ run, usesContext }: PipelineForm, type: MessageType, { identity }: HandlerInvoker): RawRun {
    if (!usesContext) return run;
    const destination = { kind: this.kind, type, handler: identity };
    return (message, _context, watch) => run(message, contextOf(message, destination), watch);
  }

  /** perf: the end of chains without context and watch; one call less per dispatch than `end`, 3 %. */
  private plainEnd(type: MessageType, invoker: HandlerInvoker): Composed {
    const { prototype } = type;
    const { run: otherEnd, caller } = this.end(type, invoker, false);
    const run: Run = message => {
      try {
        const isOfType =
          typeof message === 'object' && message !== null && Object.getPrototypeOf(message) === prototype;
        return isOfType ? promised(invoker.invoke(message)) : otherEnd(message);
      } catch (error) {
        return Promise.reject(error);
      }
    };
    return { run, usesContext: false, ...(caller && { caller }) };
  }

  /**
   * Calls the handler; for a message of another type, that of the other type.
   * @param called the handler, or probes around it
   */
  private end(type: MessageType, invoker: HandlerInvoker, usesContext: boolean, called: Called = invoker): PipelineEnd {
    const substitute = this.substitute(type, invoker);
    const caller: NextCaller = {};
    const raw: RawRun = (message, context, watch) => {
      if (typeof message !== 'object' || message === null) throw nextWithoutMessage(message, caller);
      const other = typeOfPrototype(prototypeOf(message, 'next() of a middleware'));
      if (other !== type) return substitute(message, context, watch);
      if (context !== undefined) {
        context.attempt += 1;
        if (context.scope !== undefined) rememberScope(context, message);
      }
      return called.invoke(message, context);
    };
    return { raw, run: settled(raw), usesContext, caller };
  }

  /** Runs middleware of the other type and handler that has not run, as a pipeline of the other type would. */
  private substitute(type: MessageType, invoker: HandlerInvoker): RawRun {
    const probed = this.probes.isEmpty ? undefined : new ComposedOnce();
    return (message, context, watch) => {
      const other = typeOfPrototype(prototypeOf(message));
      const found = this.handlerOfSubstitute(message, other, invoker);
      const layers = layersAt(this.notPassed(type, other, invoker, found), other, found.place);
      const ofArrivals = layersOfArrivals(layers, found.place);
      const isArrived = ofArrivals !== layers && context !== undefined && isArrival(context);
      const middleware = isArrived ? ofArrivals : layers;
      const composed =
        probed?.get(found, other, isArrived, () => this.probed.substitute(middleware, other, found)) ??
        this.plainSubstitute(other, found, middleware, watch);
      return context
        ? composed.run(message, context, watch)
        : this.withNewContext(composed, other, found)(message, undefined, watch);
    };
  }

  private handlerOfSubstitute(message: object, other: MessageType, invoker: HandlerInvoker): HandlerInvoker {
    const invokers = this.lookup(other);
    if (invokers.includes(invoker)) return invoker;
    if (this.kind !== 'event') return invokers[0]!;
    throw new InvalidMessageException(message, `next() before ${invoker.identity.name}, which handles other events`);
  }

  /** The middleware of the other type and handler that the message has not passed. */
  private notPassed(
    type: MessageType,
    other: MessageType,
    invoker: HandlerInvoker,
    found: HandlerInvoker,
  ): ReadyMiddleware[] {
    const passed = new Set(usedBy(type));
    const ofType = this.ready(usedBy(other).filter(reference => !passed.has(reference)));
    return found === invoker ? ofType : [...ofType, ...this.ready(found.middleware)];
  }

  private plainSubstitute(
    type: MessageType,
    invoker: HandlerInvoker,
    middleware: readonly ReadyMiddleware[],
    watch: NextWatch | undefined,
  ): Composed {
    const end = this.end(type, invoker, invoker.usesContext);
    return watch === undefined ? compose(middleware, end) : composeWatched(middleware, end, Infinity);
  }
}

type ChainForms = Record<'composed' | 'withContext', Composed>;
