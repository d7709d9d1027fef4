import { Inject, Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { announce, confirm, withdraw } from '../aggregates/live-event-buses.js';
import { CommandBus } from '../buses/command-bus.js';
import { EventBus } from '../events/event-bus.js';
import type { AdmitEvents } from '../events/event-lookup.js';
import { FailureReporter } from '../dispatch/failures.js';
import { RunningWork } from '../dispatch/running-work.js';
import { QueryBus } from '../buses/query-bus.js';
import type { NearMiss } from '../buses/request-bus.js';
import { UnhandledExceptionBus } from '../buses/unhandled-exception-bus.js';
import type { EventHandling } from '../buses/bus-options.js';
import { keepReady, type ProviderWrapper, type ReadyHandler } from '../handlers/provider-handlers.js';
import { introduce } from '../scopes/scoped-provider.js';
import type { MessageKind } from '../messages/message.js';
import type { MiddlewareResolver } from '../pipeline/instantiate.js';
import type { MiddlewareReference, ReadyMiddleware } from '../pipeline/middleware.js';
import { ProviderExplorer } from './provider-explorer.js';

/** What wraps the handlers of each bus. */
export interface BusSettings {
  /** Middleware of each bus, the first outermost. */
  readonly middleware: Readonly<Record<MessageKind, readonly MiddlewareReference[]>>;
  readonly resolve: MiddlewareResolver;
  readonly nearMiss: NearMiss;
  readonly admit: AdmitEvents;
  readonly events: EventHandling;
  /** What does what the options of single dispatches ask for. */
  readonly optionMiddleware: readonly ReadyMiddleware[];
  /** Called with each result that `dispatch()` discards; set in strict mode. */
  readonly onDropped: ((message: object, result: unknown) => void) | undefined;
}

type Bus = CommandBus | QueryBus | EventBus;

/**
 * Every bus of an application: those of the module, and those that other modules provide in their place. All get
 * the same handlers and middleware. A bus that a test replaced by something else is left alone.
 */
@Injectable()
export class ApplicationBuses {
  /** What runs on any of the buses. */
  readonly runningWork = new RunningWork();
  private readonly connected = new Set<object>();
  /** The buses as they were when handlers were last connected. */
  private present: readonly Bus[] = [];
  private readonly handlers: ReadyHandler[] = [];

  constructor(
    @Inject(ProviderExplorer) private readonly explorer: ProviderExplorer,
    @Inject(ModuleRef) private readonly moduleRef: ModuleRef,
  ) {}

  /** Tells failures to the log and to the exception bus of the application. */
  get reporter(): FailureReporter {
    return new FailureReporter(this.explorer.instancesOf(UnhandledExceptionBus)[0]);
  }

  /**
   * Registers handlers with every bus and puts middleware around them.
   * @param found the buses of the application; what else extends them is left alone
   * @param added handlers that no bus has yet
   * @param settings what wraps all handlers
   */
  connect(found: Iterable<object>, added: readonly ReadyHandler[], settings: BusSettings): void {
    keepReady(added);
    this.present = [...found].filter(isBus);
    for (const bus of this.present) {
      const { dispatcher } = bus;
      const handlers = this.connected.has(bus) ? added : [...this.handlers, ...added];
      this.connected.add(bus);
      bus.register(providersOf(handlers, dispatcher.kind));
      dispatcher.optionMiddleware = settings.optionMiddleware;
      dispatcher.onDropped = settings.onDropped;
      dispatcher.setMiddleware(settings.middleware[dispatcher.kind], settings.resolve);
      dispatcher.runningWork = dispatcher.kind === 'query' ? undefined : this.runningWork;
      dispatcher.reporter = () => this.reporter;
      dispatcher.introduce = scope => introduce(scope, this.moduleRef);
      if (bus instanceof EventBus) {
        bus.setHandling(settings.events);
        bus.admit = settings.admit;
      } else bus.nearMiss = settings.nearMiss;
    }
    this.handlers.push(...added);
  }

  /** The event buses that handlers are connected to. */
  get eventBuses(): readonly EventBus[] {
    return this.present.filter(bus => bus instanceof EventBus);
  }

  /** Lets messages pass, those first that were published before. */
  open(): void {
    const [events] = this.eventBuses;
    if (events) announce(events);
    for (const bus of this.present) bus.open();
  }

  /** The start has succeeded. */
  started(): void {
    const [events] = this.eventBuses;
    if (events) confirm(events);
  }

  /** Refuses messages and completes the buses. */
  close(): void {
    for (const bus of this.all()) {
      if (bus instanceof EventBus) withdraw(bus);
      bus.close();
    }
    for (const bus of this.explorer.instancesOf(UnhandledExceptionBus)) bus.close();
  }

  private all(): Bus[] {
    return this.explorer.instancesOf<Bus>(CommandBus, QueryBus, EventBus);
  }
}

const isBus = (found: object): found is Bus =>
  found instanceof CommandBus || found instanceof QueryBus || found instanceof EventBus;

/** The providers of some handlers: a bus is given these, as that of @nestjs/cqrs is, since a subclass may look at them. */
const providersOf = (handlers: readonly ReadyHandler[], kind: MessageKind): ProviderWrapper[] => [
  ...new Set(handlers.filter(handler => handler.kind === kind).map(({ wrapper }) => wrapper)),
];
