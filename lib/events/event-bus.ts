import { Inject, Injectable, Optional, type Type } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { AsyncContext } from '../scopes/async-context.js';
import type { IEventHandler } from '../handlers/handler.js';
import type { HandlerInvoker } from '../handlers/handler-invoker.js';
import { isRoot } from '../messages/inspect-message.js';
import type { IEvent, MessageInstance, MessageType } from '../messages/message.js';
import {
  CQRS_MODULE_OPTIONS,
  type BusModuleOptions,
  type Collecting,
  type EventHandling,
  type PublishOptions,
  type StandaloneEventBusOptions,
} from '../buses/bus-options.js';
import type { BareOptions } from '../dispatch/dispatch-options.js';
import { CommandBus } from '../buses/command-bus.js';
import { ConstructorTypes } from '../buses/constructor-types.decorator.js';
import { Dispatcher, type StartGate } from '../dispatch/dispatcher.js';
import { eventHandlersOf, warnUnheard, type AdmitEvents } from './event-lookup.js';
import { operatorsOf, type EventOperator } from './event-operators.js';
import { DECORATED_IDS, EventRegistration } from './event-registration.js';
import { EventQueue } from './event-queue.js';
import { FailureReporter } from '../dispatch/failures.js';
import { EventSubject } from './event-subject.js';
import type { EventIdProvider, IEventPublisher } from '../buses/publishers.js';
import { PublishingBus } from './outside-publisher.js';
import { PublishCalls } from './publish-calls.js';
import type { PublishOutcome } from './publish-outcome.js';
import { forgetOnChange } from '../buses/registry-watch.js';
import { injectStartGate } from '../buses/start-gate.js';
import { standaloneOptions } from '../buses/request-bus.js';
import { UnhandledExceptionBus } from '../buses/unhandled-exception-bus.js';

/** The class of an event handler. */
export type EventHandlerType<EventBase extends IEvent = IEvent> = Type<IEventHandler<EventBase>>;

/* eslint-disable @typescript-eslint/no-explicit-any -- the signatures of @nestjs/cqrs, which users implement */
/** What an event bus can do; @nestjs/cqrs names it. */
export interface IEventBus<EventBase extends IEvent = IEvent> {
  publish<T extends EventBase>(event: T, context?: unknown, asyncContext?: AsyncContext): any;
  publishAll<T extends EventBase>(events: T[], context?: unknown, asyncContext?: AsyncContext): any;
}
/* eslint-enable @typescript-eslint/no-explicit-any */

/**
 * Tells every handler of an event that it happened. `publish` resolves when all of them have settled. A promise
 * of this bus that is dropped never ends the process: its failure has been reported.
 * @typeParam EventBase what all events of the application extend
 */
@Injectable()
@ConstructorTypes(CommandBus, ModuleRef, UnhandledExceptionBus, Object)
export class EventBus<EventBase extends IEvent = IEvent>
  extends EventRegistration<EventBase>
  implements IEventBus<EventBase>
{
  /**
   * The way of events through this bus.
   * @internal
   */
  readonly dispatcher: Dispatcher;
  /**
   * Looks at each event type before its first event; set by the module.
   * @internal
   */
  admit: AdmitEvents | undefined;
  /** How events are handled where a call does not say otherwise; undefined for the defaults. */
  private handling: EventHandling | undefined;
  /** The same, as the bus was built. */
  private readonly own: EventHandling;
  private readonly queue: EventQueue;
  private readonly deliver: IEventPublisher<EventBase>['publish'];
  private readonly inProcess: IEventPublisher<EventBase>;
  private readonly calls: PublishCalls;
  private _publisher: IEventPublisher<EventBase> | undefined;

  /**
   * @param commandBusOrStandalone options of a bus without Nest; in Nest its command bus, which @nestjs/cqrs wants here
   * @param _moduleRef unused; @nestjs/cqrs wants it here
   * @param unhandledExceptionBus told what fails
   * @param options the module options, for their `eventPublisher`, `eventIdProvider`, `rethrowUnhandled`
   */
  constructor(
    @Optional() commandBusOrStandalone?: StandaloneEventBusOptions | CommandBus,
    @Optional() _moduleRef?: ModuleRef,
    @Optional() unhandledExceptionBus?: UnhandledExceptionBus,
    @Optional() @Inject(CQRS_MODULE_OPTIONS) options?: BusModuleOptions,
  ) {
    const standalone = standaloneOptions<StandaloneEventBusOptions>(commandBusOrStandalone);
    super(standalone?.registry, options?.eventIdProvider ?? undefined);
    const subject = new EventSubject<EventBase>(event => void this.queue.publish(event, this.handling));
    this.source = this._subject$ = subject;
    this._publisher = options?.eventPublisher;
    this.deliver = (event, context, asyncContext) =>
      this.calls.publish(event as object, { context, asyncContext, handling: this.handling, publisher: undefined });
    this.inProcess = { publish: this.deliver };
    this.dispatcher = new Dispatcher('event', type => this.handlersOf(type));
    this.dispatcher.setOwnMiddleware(standalone?.middleware ?? []);
    forgetOnChange(this.registry, this.dispatcher);
    const reporter = new FailureReporter(unhandledExceptionBus);
    this.queue = new EventQueue(this.dispatcher, subject, reporter);
    this.calls = new PublishCalls(this.queue, new PublishingBus(this.dispatcher, reporter));
    this.own = {
      mode: standalone?.mode,
      onError: standalone?.onError ?? (options?.rethrowUnhandled ? 'throw' : undefined),
      // Known before the module sets it: an event of a constructor may be awaited there.
      wait: standalone?.wait ?? options?.events?.wait,
    };
    this.setHandling({});
  }

  /** Makes handlers available before the first event; set by Nest, apart from the constructor that subclasses call. */
  protected set startGate(gate: StartGate | undefined) {
    this.dispatcher.gate = gate;
  }

  /** The identifiers that an application gives; those of decorators are those of the classes themselves. */
  private get givenIds(): EventIdProvider | undefined {
    return this.eventIdProvider === DECORATED_IDS ? undefined : this.eventIdProvider;
  }

  private handlersOf(type: MessageType): HandlerInvoker[] {
    const handlers = eventHandlersOf(type, this.registry, this.givenIds);
    if (handlers.length === 0 && isRoot(type) && !this._subject$.observed) warnUnheard();
    this.admit?.(type, handlers.length > 0);
    return handlers;
  }

  /** Where events go: to the handlers of this process by default. */
  get publisher(): IEventPublisher<EventBase> {
    return (this._publisher ??= this.inProcess);
  }

  set publisher(publisher: IEventPublisher<EventBase>) {
    this._publisher = publisher;
  }

  /**
   * Sets how events are handled where a call does not say otherwise; what is left out stays as the bus was built.
   * @internal
   */
  setHandling({ mode = this.own.mode, onError = this.own.onError, wait = this.own.wait }: EventHandling): void {
    const plain = [mode ?? 'parallel', onError ?? 'report', wait ?? 'settled'].join() === 'parallel,report,settled';
    this.handling = plain ? undefined : { mode, onError, wait };
  }

  /**
   * Publishes an event.
   * @param event an instance of an event class
   * @param options mode, onError, wait, context, headers …; or what @nestjs/cqrs takes: an `AsyncContext`, or a
   *   dispatcher context for the publisher
   * @param asyncContext which request-scoped instances serve the handlers, where the second argument is a dispatcher context
   * @returns resolves when all handlers have settled, or at once with `wait: 'none'`; rejects for what is not an event, after the application has closed,
   *   when a publisher rejects, and for failures of handlers under `onError: 'throw'`. Dropping the promise is safe.
   * @typeParam R not to be given: it lets subclasses return something else, as with @nestjs/cqrs
   */
  publish<T extends EventBase & MessageInstance, _TContext = unknown, R = Promise<PublishOutcome>>(
    event: T,
    options: Collecting,
  ): NoInfer<R>;
  publish<T extends EventBase & MessageInstance, _TContext = unknown, R = Promise<void>>(
    event: T,
    options?: BareOptions | PublishOptions,
  ): NoInfer<R>;
  publish<T extends EventBase & MessageInstance, TContext = unknown, R = Promise<void>>(
    event: T,
    dispatcherContext: TContext,
    asyncContext?: AsyncContext,
  ): NoInfer<R>;
  publish(event: object, context?: unknown, asyncContext?: AsyncContext): unknown {
    // perf: the short way of most events, which V8 inlines; 12 % and 47 bytes less.
    if (context === undefined && asyncContext === undefined && this._publisher === undefined)
      return this.queue.publish(event, this.handling);
    const { handling } = this;
    return this.calls.publish(event, { context, asyncContext, handling, publisher: this.outsidePublisher() });
  }

  /**
   * Publishes events; each reaches every handler after the one before.
   * @param events instances of event classes
   * @param options as for `publish`
   * @param asyncContext as for `publish`
   * @returns resolves when all handlers of all events have settled; rejects as `publish` does
   */
  publishAll<T extends EventBase & MessageInstance, _TContext = unknown, R = Promise<PublishOutcome[]>>(
    events: readonly T[],
    options: Collecting,
  ): NoInfer<R>;
  publishAll<T extends EventBase & MessageInstance, _TContext = unknown, R = Promise<void>>(
    events: readonly T[],
    options?: BareOptions | PublishOptions,
  ): NoInfer<R>;
  publishAll<T extends EventBase & MessageInstance, TContext = unknown, R = Promise<void>>(
    events: readonly T[],
    dispatcherContext: TContext,
    asyncContext?: AsyncContext,
  ): NoInfer<R>;
  publishAll(events: readonly object[], context?: unknown, asyncContext?: AsyncContext): unknown {
    const { handling } = this;
    return this.calls.publishAll(events ?? [], { context, asyncContext, handling, publisher: this.outsidePublisher() });
  }

  /** For every handler, what makes the stream of its runs from a stream of events, as @nestjs/cqrs offers. */
  get eventOperators(): EventOperator<EventBase>[] {
    return operatorsOf(this.registry, this.dispatcher);
  }

  /**
   * Delivers what was published before the handlers were there.
   * @internal
   */
  open(): void {
    this.queue.open();
  }

  /** Ends the bus: its subscribers are told that nothing more comes, and events are refused. */
  close(): void {
    this.dispatcher.close();
    for (const subscription of this.subscriptions) subscription.unsubscribe();
    (this._subject$ as EventSubject<EventBase>).end();
  }

  /** The publisher that was put in place of the bus; undefined where the bus delivers by itself. */
  private outsidePublisher(): IEventPublisher<EventBase> | undefined {
    const publisher = this._publisher;
    if (publisher === undefined || (publisher === this.inProcess && publisher.publish === this.deliver))
      return undefined;
    return publisher;
  }
}

injectStartGate(EventBus.prototype);
