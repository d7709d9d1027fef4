import { Inject, Injectable, type Type } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { MessageCatalog } from '../envelope/message-catalog.js';
import type { NearMiss } from '../buses/request-bus.js';
import { Wiring } from '../introspection/wiring.js';
import { hasOtherCopy } from '../messages/copies.js';
import { UnitsOfWork } from '../units/units-of-work.js';
import { ApplicationBuses, type BusSettings } from './application-buses.js';
import { ApplicationCaching } from './application-caching.js';
import { ApplicationDurables } from './application-durables.js';
import { ApplicationOptions } from './application-options.js';
import { optionMiddleware, droppedResults } from './built-in-middleware.js';
import { busMiddleware, orderedByKind, type MiddlewareOfBuses } from './bus-middleware.js';
import { Enhancers, isEnhanced } from './enhancers.js';
import { checkExpected } from './expected-handlers.js';
import { ChosenHandlers } from './chosen-handlers.js';
import type { CheckedHandler } from './handler-checks.js';
import { EventAdmission } from './event-admission.js';
import { readyHandlers, type PreparedHandlers } from './ready-handlers.js';
import { preparedUses } from './used-middleware.js';
import { catalogue, eventsOfSagas } from './message-names.js';
import { MiddlewareCatalog } from './middleware-catalog.js';
import type { CompleteModuleOptions } from './module-options.js';
import { nearMiss } from './near-misses.js';
import { decorated, otherCopyProblems, warnOfOtherModules } from './other-copies.js';
import type { PreviewNotes } from './preview-mode.js';
import { ProviderExplorer, type Findings } from './provider-explorer.js';
import { ApplicationSagas } from './application-sagas.js';
import { ApplicationTransports } from './application-transports.js';
import { recordWiring } from './recorded-wiring.js';
import { connectTransactions, foreignProblems, unitOfWorkProblems } from './unit-of-work-checks.js';
import { wiringException, type KindOfProblem } from './wiring-exception.js';

/** Checks handlers, middleware and sagas, then connects them to every bus, or nothing: one error lists all problems. */
@Injectable()
export class ApplicationWiring {
  private wired: Promise<void> | undefined;
  private extended: Promise<void> = Promise.resolve();
  private readonly catalog: MiddlewareCatalog;
  private readonly admission: EventAdmission;
  private readonly chosen: ChosenHandlers;
  private readonly connected = new WeakSet<object>();
  private readonly preview: PreviewNotes | undefined;
  private isStarted = false;
  private readonly refused = new WeakMap<object, unknown>();

  constructor(
    @Inject(ProviderExplorer) private readonly explorer: ProviderExplorer,
    @Inject(ApplicationBuses) private readonly buses: ApplicationBuses,
    @Inject(ApplicationSagas) private readonly sagas: ApplicationSagas,
    @Inject(Enhancers) readonly enhancers: Enhancers,
    @Inject(Wiring) private readonly wiring: Wiring,
    @Inject(MessageCatalog) private readonly messages: MessageCatalog,
    @Inject(ModuleRef) private readonly moduleRef: ModuleRef,
    @Inject(ApplicationOptions) private readonly given: ApplicationOptions,
    @Inject(ApplicationTransports) private readonly transports: ApplicationTransports,
    @Inject(ApplicationDurables) readonly durables: ApplicationDurables,
    @Inject(UnitsOfWork) readonly units: UnitsOfWork | undefined,
    @Inject(ApplicationCaching) readonly caching: ApplicationCaching,
  ) {
    this.preview = explorer.preview;
    this.catalog = new MiddlewareCatalog(explorer, moduleRef, this.preview);
    this.chosen = new ChosenHandlers(explorer, this.preview !== undefined);
    this.admission = new EventAdmission(() => ({
      ...this.surroundings(this.chosen.all),
      provides: type => this.explorer.provided(type).length > 0,
      isRouted: type => this.transports.isRouted(type),
      notProvided: this.options.events.notProvided,
    }));
  }

  wire(): Promise<void> {
    return (this.wired ??= this.connectAll());
  }

  /** Before initialization; undefined while Nest creates providers. */
  wireIfPossible(): Promise<void> | undefined {
    return this.wired ?? (this.explorer.isInstantiated() ? this.wire() : undefined);
  }

  /**
   * Call after all startup hooks.
   * @returns resolves when messages of other processes may come in
   */
  async started(own: Type): Promise<void> {
    this.buses.started();
    if (!this.isStarted) warnOfOtherModules(this.explorer.modules(), own);
    this.isStarted = true;
    if (this.explorer.isIdle) return;
    const starting = this.durables.start().then(() => this.transports.listen());
    await starting.catch(error => this.durables.closeAfter(error));
  }

  /**
   * Connects lazily loaded modules.
   * @throws (rejects with) CqrsWiringException if `loaded` or an import was refused; other modules stay usable
   */
  async extend(loaded: ModuleRef): Promise<void> {
    if (!this.wired) return;
    await this.wired;
    const extending = this.extended.then(() => this.connectLoaded());
    this.extended = extending.catch(() => undefined);
    await extending;
    if (this.isStarted && !this.explorer.isIdle) await this.durables.start();
    for (const module of this.explorer.modulesOf(loaded)) if (this.refused.has(module)) throw this.refused.get(module);
  }

  /** One by one: a broken module must not affect others. */
  private async connectLoaded(): Promise<void> {
    const all = this.explorer.explore();
    for (const module of this.explorer.modules()) {
      if (this.connected.has(module) || this.refused.has(module)) continue;
      // Nest still creates it; its own load() connects it.
      if (!this.explorer.isInstantiated(module)) continue;
      const isOf = ({ host }: { readonly host?: object | undefined }) => host === module || this.connected.has(host!);
      const found: Findings = {
        handlers: all.handlers.filter(({ wrapper }) => isOf(wrapper)),
        sagas: all.sagas.filter(({ wrapper }) => isOf(wrapper)),
        middleware: all.middleware.filter(isOf),
        buses: all.buses,
      };
      const forgetNames = this.messages.checkpoint();
      try {
        await this.connect(found);
        this.connected.add(module);
      } catch (error) {
        forgetNames();
        this.refused.set(module, error);
      }
    }
  }

  private async connectAll(): Promise<void> {
    await this.connect(this.explorer.explore());
    for (const module of this.explorer.modules()) this.connected.add(module);
  }

  private async connect(found: Findings): Promise<void> {
    const problems: KindOfProblem[] = [];
    const prepared = await this.prepareHandlers(found, problems);
    const { added, ofBuses } = prepared;
    const { serve, addQueues } = this.prepareMessages(found, added, problems);
    if (this.preview) {
      this.sagas.preview(found.sagas, problems);
      this.chosen.add(added);
      addQueues();
      return this.record(ofBuses, problems);
    }
    const startSagas = this.sagas.prepare(found.sagas, this.options, problems);
    if (problems.length > 0) throw wiringException(problems);
    this.chosen.add(added);
    addQueues();
    const settings = this.settingsWith(ofBuses);
    this.buses.connect(found.buses, readyHandlers(prepared, this), settings);
    this.durables.connect(settings);
    startSagas();
    serve();
    this.record(ofBuses, problems);
    this.buses.open();
  }

  /** Options, handlers and what is around them. */
  private async prepareHandlers(found: Findings, problems: KindOfProblem[]): Promise<PreparedHandlers> {
    const { catalog, options, preview, units } = this;
    catalog.reportTo(problems);
    problems.push(...this.given.problems());
    if (!preview) problems.push(...connectTransactions(units, this.moduleRef));
    const touches = this.caching.middlewareOfCommands(() => this.chosen.all);
    const ofBuses = await busMiddleware(catalog, options, found.middleware, touches, problems);
    const added = this.chosen.choose(found.handlers, options.duplicates, problems);
    const others = () => (this.isStarted ? [] : this.explorer.undecorated());
    problems.push(...unitOfWorkProblems(added, units, others), ...this.caching.problems(added, others));
    if (!preview) problems.push(...foreignProblems(added, units));
    const enhanced = new Set(added.filter(isEnhanced));
    if (!preview) for (const handler of enhanced) await this.enhancers.prepare(handler, problems);
    return { ofBuses, added, enhanced, used: await preparedUses(catalog, added) };
  }

  /** Names of messages, and how they leave the process and come in. */
  private prepareMessages(found: Findings, added: readonly CheckedHandler[], problems: KindOfProblem[]) {
    const { transports, durables, options } = this;
    const present = [...this.chosen.all, ...added];
    checkExpected(options.expectHandlersFor, this.surroundings(present), type => transports.isRouted(type), problems);
    const sagaEvents = eventsOfSagas(found.sagas);
    const handled = [
      ...added.flatMap(({ types }) => types),
      ...sagaEvents,
      ...transports.types,
      ...durables.commandQueues(present).map(({ type }) => type),
    ];
    catalogue(this.messages, handled, options, problems);
    if (hasOtherCopy()) problems.push(...otherCopyProblems(decorated(found, this.explorer.undecorated(), handled)));
    const allSagaEvents = () => [...this.sagas.events(), ...sagaEvents];
    const serve = transports.prepare(present, { sagaEvents: allSagaEvents }, problems);
    return { serve, addQueues: durables.prepare(present, problems) };
  }

  private settingsWith(middleware: MiddlewareOfBuses): BusSettings {
    const { catalog, transports, options, admission, units, caching } = this;
    return {
      middleware: orderedByKind(middleware),
      resolve: catalog.resolve,
      optionMiddleware: optionMiddleware(options),
      onDropped: droppedResults(options),
      nearMiss: this.nearMiss,
      routes: transports.routes,
      admit: admission.admit,
      touches: caching.touchesOfEvent,
      live: caching.live,
      events: options.events,
      units,
    };
  }

  private record(middleware: MiddlewareOfBuses, problems: readonly KindOfProblem[]): void {
    const { wiring, transports, durables, preview, explorer, options, nearMiss } = this;
    const { resolve } = this.catalog;
    const parts = { transports, durables, preview, explorer, options, resolve, nearMiss, middleware, problems };
    recordWiring(wiring, { ...parts, handlers: [...this.chosen.all], sagas: [...this.sagas.all] });
  }

  private readonly nearMiss: NearMiss = (type, kind) =>
    this.durables.nearMiss(type) ??
    nearMiss(type, kind, this.surroundings(this.chosen.all)) ??
    this.transports.nearMiss(type);

  private surroundings<T extends CheckedHandler>(handlers: readonly T[]) {
    return {
      handlers,
      undecorated: () => this.explorer.undecorated(),
      sagaEvents: () => this.sagas.events(),
    };
  }

  private get options(): CompleteModuleOptions {
    return this.given.complete;
  }
}
