import { Inject, Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { announce, confirm, withdraw } from '../aggregates/live-event-buses.js';
import { CommandBus } from '../buses/command-bus.js';
import { EventBus } from '../events/event-bus.js';
import type { AdmitEvents } from '../events/event-lookup.js';
import type { Dispatcher } from '../dispatch/dispatcher.js';
import { FailureReporter } from '../dispatch/failures.js';
import { Probes } from '../dispatch/probes.js';
import { RunningWork } from '../dispatch/running-work.js';
import { QueryBus } from '../buses/query-bus.js';
import type { NearMiss } from '../buses/request-bus.js';
import type { Routes } from '../buses/routes.js';
import { UnhandledExceptionBus } from '../buses/unhandled-exception-bus.js';
import type { LiveQueries } from '../caching/live-queries.js';
import type { EventHandling } from '../buses/bus-options.js';
import { keepReady, type ReadyHandler } from '../handlers/provider-handlers.js';
import type { Disposer } from '../handlers/changes.js';
import { introduce } from '../scopes/scoped-provider.js';
import type { HandlerInvoker } from '../handlers/handler-invoker.js';
import type { MessageKind, MessageType } from '../messages/message.js';
import type { MiddlewareResolver } from '../pipeline/instantiate.js';
import type { MiddlewareReference, ReadyMiddleware } from '../pipeline/middleware.js';
import type { Probe } from '../pipeline/probe.js';
import { ApplicationChannels } from '../telemetry/application-channels.js';
import type { UnitsOfWork } from '../units/units-of-work.js';
import { ProviderExplorer } from './provider-explorer.js';
import type { ProviderWrapper } from '../scopes/provider-wrapper.js';

export interface BusSettings {
  /** First is outermost. */
  readonly middleware: Readonly<Record<MessageKind, readonly MiddlewareReference[]>>;
  readonly resolve: MiddlewareResolver;
  readonly nearMiss: NearMiss;
  readonly routes: Routes | undefined;
  readonly admit: AdmitEvents;
  /** What touches the tags of an event. */
  readonly touches: ((type: MessageType) => HandlerInvoker | undefined) | undefined;
  readonly live: LiveQueries | undefined;
  readonly events: EventHandling;
  readonly units: UnitsOfWork | undefined;
  readonly optionMiddleware: readonly ReadyMiddleware[];
  readonly onDropped: ((message: object, result: unknown) => void) | undefined;
}

interface Observation {
  readonly probe: Probe;
  readonly ends: Disposer[];
}

type Bus = CommandBus | QueryBus | EventBus;

/** All buses, other modules' too, get the same handlers and middleware, except a test's substitute. */
@Injectable()
export class ApplicationBuses {
  readonly runningWork = new RunningWork();
  private readonly connected = new Set<object>();
  private present: readonly Bus[] = [];
  private readonly handlers: ReadyHandler[] = [];
  /** Of sagas, and of messages from outside. */
  readonly probes = new Probes();
  private readonly observations = new Set<Observation>();
  private readonly equipped = new Set<Dispatcher>();
  private channels: ApplicationChannels | undefined;

  constructor(
    @Inject(ProviderExplorer) private readonly explorer: ProviderExplorer,
    @Inject(ModuleRef) private readonly moduleRef: ModuleRef,
  ) {}

  get reporter(): FailureReporter {
    return new FailureReporter(this.explorer.instancesOf(UnhandledExceptionBus)[0]);
  }

  /**
   * @param found non-buses are ignored
   * @param added handlers new to all buses
   */
  connect(found: Iterable<object>, added: readonly ReadyHandler[], settings: BusSettings): void {
    keepReady(added);
    this.present = [...found].filter(isBus);
    for (const bus of this.present) {
      const { dispatcher } = bus;
      const handlers = this.connected.has(bus) ? added : [...this.handlers, ...added];
      this.connected.add(bus);
      bus.register(providersOf(handlers, dispatcher.kind));
      this.equip(dispatcher, settings);
      bus.messageRoutes = settings.routes;
      if (bus instanceof EventBus) {
        bus.setHandling(settings.events);
        bus.units = settings.units;
        bus.admit = settings.admit;
        bus.touches = settings.touches;
        continue;
      }
      bus.nearMiss = settings.nearMiss;
      if (bus instanceof QueryBus) bus.liveQueries = settings.live;
    }
    this.handlers.push(...added);
  }

  /** Gives a dispatcher the middleware of its bus, and what the application shares. */
  equip(dispatcher: Dispatcher, settings: BusSettings): void {
    dispatcher.optionMiddleware = settings.optionMiddleware;
    dispatcher.onDropped = settings.onDropped;
    dispatcher.setMiddleware(settings.middleware[dispatcher.kind], settings.resolve);
    // Shutdown does not await queries: they change nothing, and the caller holds the promise.
    dispatcher.runningWork = dispatcher.kind === 'query' ? undefined : this.runningWork;
    dispatcher.reporter = () => this.reporter;
    dispatcher.introduce = scope => introduce(scope, this.moduleRef);
    if (this.equipped.has(dispatcher)) return;
    this.equipped.add(dispatcher);
    for (const { probe, ends } of this.observations) ends.push(dispatcher.probes.add(probe));
  }

  /** Also what is equipped later. */
  observe(probe: Probe): Disposer {
    const added = [this.probes, ...[...this.equipped].map(({ probes }) => probes)];
    const observation = { probe, ends: added.map(probes => probes.add(probe)) };
    this.observations.add(observation);
    return () => {
      this.observations.delete(observation);
      for (const end of observation.ends.splice(0)) end();
    };
  }

  /** The first bus of a class; undefined before handlers are connected. */
  first<T extends Bus>(type: abstract new (...args: never[]) => T): T | undefined {
    return this.present.find((bus): bus is T => bus instanceof type);
  }

  get commandBuses(): readonly CommandBus[] {
    return this.present.filter(bus => bus instanceof CommandBus);
  }

  get eventBuses(): readonly EventBus[] {
    return this.present.filter(bus => bus instanceof EventBus);
  }

  /** Lets messages pass, the oldest first. */
  open(): void {
    this.channels ??= new ApplicationChannels(this);
    const [events] = this.eventBuses;
    if (events) announce(events);
    for (const bus of this.present) bus.open();
  }

  started(): void {
    const [events] = this.eventBuses;
    if (events) confirm(events);
  }

  close(): void {
    this.channels?.close();
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

/** Subclasses may look at the wrappers, as with @nestjs/cqrs. */
const providersOf = (handlers: readonly ReadyHandler[], kind: MessageKind): ProviderWrapper[] => [
  ...new Set(handlers.filter(handler => handler.kind === kind).map(({ wrapper }) => wrapper)),
];
