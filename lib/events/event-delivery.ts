import type { HandlerIdentity } from '../context/handler-identity.js';
import type { MessageContext } from '../context/message-context.js';
import { prototypeOf, typeOfPrototype } from '../messages/inspect-message.js';
import { NextWatch, type LateListener, type NextPromise } from '../pipeline/next-promise.js';
import { genuine, isPromiseLike } from '../pipeline/settled.js';
import type { PublishOptions } from '../buses/bus-options.js';
import type { Audience } from '../dispatch/audience.js';
import { causeHere, type Cause } from '../dispatch/dispatch-context.js';
import type { Dispatcher } from '../dispatch/dispatcher.js';
import type { Pipeline } from '../dispatch/pipeline.js';
import { harmless, type FailureReporter } from '../dispatch/failures.js';
import type { ShownEvent } from './event-subject.js';
import { isStored, namesByFate } from './handler-fates.js';
import { failureOf, type EventHandlerFailure, type PublishOutcome } from './publish-outcome.js';

/**
 * One event on its way. All ready handlers are called in one go: each has it before any gets one published meanwhile.
 */
export class EventDelivery implements ShownEvent, LateListener {
  /** The list, or the event whose handler published it. */
  chain: object | undefined;
  private first: MessageContext | undefined;
  /** Taken at publish: contexts may be made later, elsewhere. */
  private readonly cause: Cause;
  /** One per pipeline, if any reads it. */
  private readonly contexts: readonly (MessageContext | undefined)[] | undefined;
  private delivered = 0;
  private failures: EventHandlerFailure[] | undefined;
  protected running = 0;
  /** perf: while one handler alone is awaited, its end is the end of all: `settled` makes no promise, 16 % and 85 bytes. */
  private soleEnd: Promise<void> | undefined;
  private finish: (() => void) | undefined;
  private heldBack: Set<number> | undefined;
  /** Handlers that store the event: their ends, and why one could not. Undefined where none stores. */
  private storing: { readonly ends: Promise<void>[]; failure?: { readonly error: unknown } } | undefined;
  /** Pipelines whose handler could not be resolved. */
  private unprepared: Set<Pipeline> | undefined;

  /** @param earlier part of the same event, to other handlers: the context is one */
  constructor(
    readonly event: object,
    private readonly pipelines: readonly Pipeline[],
    private readonly dispatcher: Dispatcher,
    private readonly reporter: FailureReporter,
    private readonly options?: PublishOptions,
    earlier?: EventDelivery,
  ) {
    this.cause = earlier?.cause ?? causeHere(event, options);
    this.first = earlier?.first;
    if (options !== undefined) dispatcher.remember(options.asyncContext, event);
    if (!pipelines.some(usesContext)) return;
    this.contexts = pipelines.map(({ composed, invoker }) =>
      composed.usesContext ? this.contextFor(invoker.identity) : undefined,
    );
    if (pipelines.some(isStored)) this.storing = { ends: [] };
  }

  /** A handler stores the event: `publish` then tells whether it is stored. */
  get isStoring(): boolean {
    return this.storing !== undefined;
  }

  /** A handler could not be given the event. */
  get isUnstored(): boolean {
    return this.storing?.failure !== undefined;
  }

  /** For a caller that does not wait for handlers: settles when the event is stored, or is not. */
  async stored(): Promise<void> {
    const storing = this.storing!;
    await Promise.all(storing.ends);
    if (storing.failure !== undefined) throw storing.failure.error;
  }

  contextFor(handler: HandlerIdentity): MessageContext {
    if (this.first) return this.first.for(handler);
    const type = typeOfPrototype(prototypeOf(this.event));
    return (this.first = this.dispatcher.describe(this.event, type, handler, this.options, this.cause));
  }

  /**
   * A request-scoped handler that cannot be resolved has failed.
   * @returns by position, promises that never reject
   */
  prepare(): Map<number, Promise<void>> | undefined {
    let waiting: Map<number, Promise<void>> | undefined;
    for (let i = 0; i < this.pipelines.length; i++) {
      const prepared = this.prepareOne(i);
      if (prepared !== undefined) (waiting ??= new Map()).set(i, prepared);
    }
    return waiting;
  }

  /** Known if a pipeline is request-scoped. */
  get correlationId(): string | undefined {
    return this.contexts?.find(context => context !== undefined)?.correlationId;
  }

  /**
   * The handler counts as running.
   * @returns calls it; never throws
   */
  holdBack(i: number): () => void {
    const pipeline = this.pipelines[i]!;
    (this.heldBack ??= new Set()).add(i);
    this.running += 1;
    const countEnd = this.dispatcher.runningWork?.begin(pipeline.runs);
    return () => {
      if (!this.unprepared?.has(pipeline)) void this.start(i);
      this.countEnd(countEnd);
    };
  }

  /** Handlers that are ready get the event, then subscribers and sagas see it. Never throws. */
  deliverAndShow(audience: Audience<EventDelivery>): void {
    this.deliver();
    audience.show(this);
  }

  private deliver(): void {
    this.delivered = this.pipelines.length;
    for (let i = 0; i < this.delivered; i++)
      if (!this.unprepared?.has(this.pipelines[i]!) && !this.heldBack?.has(i)) void this.start(i);
  }

  /** Never rejects. */
  async deliverInTurn(mode: 'untilFailure' | 'sequential'): Promise<void> {
    for (let i = 0; i < this.pipelines.length; i++) {
      if (mode === 'untilFailure' && this.failures !== undefined) return;
      this.delivered = i + 1;
      await this.start(i);
    }
  }

  /** Settles as `onError` says; rejects unless the event is stored, whatever it says. Safe to drop. */
  outcome(): Promise<PublishOutcome | void> {
    const settled = this.isStoring ? harmless(this.settled().then(() => this.stored())) : this.settled();
    const onError = this.options?.onError;
    if (onError === 'collect') return settled.then(() => this.summary());
    return onError === 'throw' ? harmless(settled.then(() => this.assertNoFailure())) : settled;
  }

  protected settled(): Promise<void> {
    if (this.running === 0) return SETTLED;
    return this.soleEnd ?? new Promise<void>(resolve => (this.finish = resolve));
  }

  private assertNoFailure(): void {
    if (this.failures !== undefined) throw failureOf(this.event, this.failures);
  }

  /** Never rejects. */
  private start(i: number): Promise<void> | undefined {
    const pipeline = this.pipelines[i]!;
    const watch = pipeline.isWatched ? new NextWatch(this, i) : undefined;
    let result: unknown;
    try {
      result = this.dispatcher.run(pipeline, this.event, undefined, this.contexts?.[i], watch);
      if (watch !== undefined) result = watch.returned(result);
    } catch (error) {
      this.fail(error, i);
      return undefined;
    }
    if (!isPromiseLike(result)) return undefined;
    const ended = this.follow(genuine(result), i, watch);
    if (pipeline.invoker.place === 'store') this.storing!.ends.push(ended);
    return ended;
  }

  /** What may overflow the stack comes before counting. */
  private follow(result: Promise<unknown>, i: number, watch: NextWatch | undefined): Promise<void> {
    const pipeline = this.pipelines[i]!;
    const { runningWork } = this.dispatcher;
    const countEnd = runningWork === undefined ? undefined : runningWork.ending(pipeline.runs);
    const ended = result.then(
      () => this.end(i, watch, countEnd),
      error => {
        this.fail(error, i);
        return this.end(i, watch, countEnd);
      },
    );
    if (runningWork !== undefined) runningWork.begin(pipeline.runs);
    this.soleEnd = this.running === 0 && this.finish === undefined ? ended : undefined;
    this.running += 1;
    return ended;
  }

  /** Awaits dropped promises of `next()` too. */
  private end(i: number, watch: NextWatch | undefined, countEnd: (() => void) | undefined): Promise<void> | void {
    if (watch === undefined) return this.countEnd(countEnd);
    const dropped = watch.end();
    return dropped.length === 0 ? this.countEnd(countEnd) : this.awaitDropped(dropped, i, countEnd);
  }

  private async awaitDropped(dropped: readonly NextPromise[], i: number, countEnd?: () => void): Promise<void> {
    await Promise.all(dropped.map(next => next.catch(error => this.fail(error, i))));
    this.countEnd(countEnd);
  }

  /** The middleware had settled: only shutdown waits for it. */
  late(next: NextPromise, i: number): void {
    const { runningWork } = this.dispatcher;
    const settled = next.observe(error => {
      if (!next.isUsed) this.report(error, i);
    });
    if (runningWork !== undefined) void runningWork.follow(settled, this.pipelines[i]!.runs);
  }

  private countEnd(countEnd: (() => void) | undefined): void {
    if (countEnd !== undefined) countEnd();
    this.running -= 1;
    if (this.running === 0) this.finish?.();
  }

  private prepareOne(i: number): Promise<void> | undefined {
    const { prepare } = this.pipelines[i]!;
    if (prepare === undefined) return undefined;
    try {
      return prepare(this.event, this.contexts![i]!)?.catch(error => this.failUnprepared(error, i));
    } catch (error) {
      this.failUnprepared(error, i);
      return undefined;
    }
  }

  private failUnprepared(error: unknown, i: number): void {
    (this.unprepared ??= new Set()).add(this.pipelines[i]!);
    this.fail(error, i);
  }

  private fail(error: unknown, i: number): void {
    const { identity, place } = this.pipelines[i]!.invoker;
    if (place === 'store') this.storing!.failure ??= { error };
    (this.failures ??= []).push({ handler: identity.name, module: identity.module, error });
    if (this.options?.onError !== 'collect') this.report(error, i);
  }

  private report(error: unknown, i: number): void {
    const { identity } = this.pipelines[i]!.invoker;
    this.reporter.report(error, this.event, identity, () => this.contexts?.[i] ?? this.contextFor(identity));
  }

  get failed(): readonly EventHandlerFailure[] {
    return this.failures ?? [];
  }

  summary(): PublishOutcome {
    const tried = this.pipelines.filter(pipeline => !this.unprepared?.has(pipeline));
    const delivered = new Set(this.pipelines.slice(0, this.delivered));
    return {
      event: this.event,
      ...namesByFate(tried, pipeline => delivered.has(pipeline), this.isStoring),
      failures: this.failed,
    };
  }
}

const usesContext = ({ composed }: Pipeline): boolean => composed.usesContext;

export const SETTLED = Promise.resolve();
