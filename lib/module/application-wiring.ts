import { isDeepStrictEqual } from 'node:util';
import { Inject, Injectable, Logger, Optional } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { CQRS_MODULE_OPTIONS } from '../buses/bus-options.js';
import { MessageCatalog } from '../envelope/message-catalog.js';
import { HandlerNotFoundException } from '../errors/handler-not-found.exception.js';
import { invokerOf, type ReadyHandler } from '../handlers/provider-handlers.js';
import { Wiring, type WiringEntry } from '../introspection/wiring.js';
import { lineage, nameOf } from '../messages/inspect-message.js';
import type { MessageKind, MessageType } from '../messages/message.js';
import { middlewareName, type MiddlewareReference } from '../pipeline/middleware.js';
import { order } from '../pipeline/order.js';
import { usedMiddleware, usedOnMethod } from '../pipeline/use-middleware.decorator.js';
import { ApplicationBuses } from './application-buses.js';
import { builtInMiddleware, demandedMiddleware, droppedResults } from './built-in-middleware.js';
import type { CqrsModuleOptions } from './cqrs.options.js';
import { Enhancers, isEnhanced } from './enhancers.js';
import {
  checkHandler,
  chooseEventHandlers,
  chooseHandlers,
  culprit,
  isClass,
  namesNoClass,
  type CheckedHandler,
} from './handler-checks.js';
import { catalogue } from './message-names.js';
import { MiddlewareCatalog } from './middleware-catalog.js';
import { nearMiss } from './near-misses.js';
import { ProviderExplorer } from './provider-explorer.js';
import { ApplicationSagas } from './application-sagas.js';
import { wiringException, type KindOfProblem } from './wiring-exception.js';

const logger = new Logger('CqrsModule');

type MiddlewareByKind = Record<MessageKind, MiddlewareReference[]>;

/**
 * Puts an application together: finds handlers, middleware and sagas, checks all of them, and then connects them to
 * every bus of the application. If anything is wrong nothing is connected, and all of it is told at once.
 */
@Injectable()
export class ApplicationWiring {
  private wired: Promise<void> | undefined;
  private extended: Promise<void> = Promise.resolve();
  private readonly catalog: MiddlewareCatalog;
  private readonly chosen: CheckedHandler[] = [];

  constructor(
    @Inject(ProviderExplorer) private readonly explorer: ProviderExplorer,
    @Inject(ApplicationBuses) private readonly buses: ApplicationBuses,
    @Inject(ApplicationSagas) private readonly sagas: ApplicationSagas,
    @Inject(Enhancers) private readonly enhancers: Enhancers,
    @Inject(Wiring) private readonly wiring: Wiring,
    @Inject(MessageCatalog) private readonly messages: MessageCatalog,
    @Inject(ModuleRef) moduleRef: ModuleRef,
    @Optional() @Inject(CQRS_MODULE_OPTIONS) private readonly options: CqrsModuleOptions = {},
  ) {
    this.catalog = new MiddlewareCatalog(explorer, moduleRef);
  }

  /**
   * Wires the application, once.
   * @throws (rejects with) CqrsWiringException
   */
  wire(): Promise<void> {
    return (this.wired ??= this.connect());
  }

  /** The same before the application is initialized; undefined as long as providers are still being created. */
  wireIfPossible(): Promise<void> | undefined {
    return this.wired ?? (this.explorer.isInstantiated() ? this.wire() : undefined);
  }

  /** Connects what has been loaded since, as lazily loaded modules are; one after another. */
  async extend(): Promise<void> {
    if (!this.wired) return;
    await this.wired;
    const extending = this.extended.then(() => this.connect());
    this.extended = extending.catch(() => undefined);
    await extending;
  }

  private async connect(): Promise<void> {
    const problems: KindOfProblem[] = [];
    const { catalog } = this;
    catalog.reportTo(problems);
    this.checkOptions(problems);
    const middleware = await this.middlewareByKind(problems);
    const added = this.chooseAdded(problems);
    const enhanced = new Set(added.filter(isEnhanced));
    for (const handler of enhanced) await this.enhancers.prepare(handler, problems);
    const ready = await Promise.all(added.map(handler => this.makeReady(handler, enhanced.has(handler))));
    this.checkExpected(added, problems);
    const handled = added.flatMap(({ types }) => types);
    catalogue(this.messages, handled, this.options, problems);
    const startSagas = this.sagas.prepare(this.options, problems);
    if (problems.length > 0) throw wiringException(problems);
    this.chosen.push(...added);
    this.buses.connect(ready, {
      middleware,
      resolve: catalog.resolve,
      demanded: demandedMiddleware(this.options),
      dropped: droppedResults(this.options),
      nearMiss: type => nearMiss(type, this.chosen),
      events: {
        ...this.options.events,
        onError: this.options.events?.onError ?? (this.options.rethrowUnhandled ? 'throw' : undefined),
      },
    });
    startSagas();
    const chosen = [...this.chosen];
    const sagas = this.sagas.entries();
    this.wiring.record(() => [...chosen.flatMap(handler => entriesOf(handler, middleware)), ...sagas]);
    this.buses.open();
  }

  private checkOptions(problems: KindOfProblem[]): void {
    const [first, ...others] = this.explorer
      .provided(CQRS_MODULE_OPTIONS)
      .map(({ instance }) => (instance as object | undefined) ?? {});
    if (others.every(other => isDeepStrictEqual(other, first))) return;
    problems.push({
      code: 'CQRS_OPTIONS_CONFLICT',
      what: 'CqrsModule.forRoot() is called more than once, with different options.',
      remedy: 'Call it once, in the root module; import plain CqrsModule elsewhere.',
    });
  }

  private async middlewareByKind(problems: KindOfProblem[]): Promise<MiddlewareByKind> {
    const { middleware = [], commands, queries, events } = this.options;
    const found = this.explorer.middleware();
    await this.catalog.prepare(middleware, 'the middleware of CqrsModule.forRoot()');
    for (const { reference, host } of found)
      await this.catalog.prepare([reference], `@Middleware on ${middlewareName(reference)}`, undefined, host);
    const inOrder = async (kind: MessageKind, ofBus: readonly MiddlewareReference[] = []) => {
      await this.catalog.prepare(ofBus, `the middleware of CqrsModule.forRoot() for the ${kind} bus`);
      const placed = found.filter(({ placement }) => placement.on?.includes(kind) ?? true);
      return order([...builtInMiddleware(kind, this.options), ...middleware, ...ofBus], placed, problems);
    };
    return {
      command: await inOrder('command', commands?.middleware),
      query: await inOrder('query', queries?.middleware),
      event: await inOrder('event', events?.middleware),
    };
  }

  private chooseAdded(problems: KindOfProblem[]): CheckedHandler[] {
    const known = new Set(this.chosen.map(({ wrapper }) => wrapper));
    const checked = this.explorer
      .handlers()
      .filter(({ wrapper }) => !known.has(wrapper))
      .map(handler => checkHandler(handler, problems))
      .filter(handler => handler !== undefined);
    const duplicates: KindOfProblem[] = [];
    const added = [
      ...chooseHandlers(this.chosen.filter(ofKind('command')), checked.filter(ofKind('command')), duplicates),
      ...chooseHandlers(this.chosen.filter(ofKind('query')), checked.filter(ofKind('query')), duplicates),
      ...chooseEventHandlers(this.chosen.filter(ofKind('event')), checked.filter(ofKind('event')), text =>
        logger.warn(text),
      ),
    ];
    if (this.options.duplicates === 'warn') for (const { what } of duplicates) logger.warn(what);
    else problems.push(...duplicates);
    return added;
  }

  private async makeReady(handler: CheckedHandler, enhanced: boolean): Promise<ReadyHandler> {
    const { wrapper, declaration, identity, types } = handler;
    const where = culprit(handler);
    const { catalog } = this;
    for (const type of types) {
      const references = ofMessage(type);
      if (references.length === 0) continue;
      await catalog.prepare(references, `@UseMiddleware on ${nameOf(type)}`, undefined, wrapper.host);
    }
    const references = ofHandler(handler);
    const middleware = references.length > 0 ? await catalog.prepare(references, where, wrapper.host) : [];
    const invoker = enhanced
      ? this.enhancers.invoker(handler, middleware)
      : invokerOf(wrapper, declaration.method, identity, middleware);
    return { wrapper, kind: declaration.kind, types, invoker };
  }

  private checkExpected(added: readonly CheckedHandler[], problems: KindOfProblem[]): void {
    const handlers = [...this.chosen, ...added];
    const handled = new Set(handlers.flatMap(({ types }) => types));
    for (const type of this.options.expectHandlersFor ?? []) {
      if (!isClass(type)) {
        problems.push(namesNoClass('expectHandlersFor', 'CqrsModule.forRoot()', type));
        continue;
      }
      if (lineage(type).some(ancestor => handled.has(ancestor))) continue;
      const { code, what, remedy } = new HandlerNotFoundException(nameOf(type), nearMiss(type, handlers));
      problems.push({ code, what, where: 'expectHandlersFor', remedy });
    }
  }
}

const ofKind = (kind: MessageKind) => (handler: CheckedHandler) => handler.declaration.kind === kind;

/** What `@UseMiddleware` put on a message class and on what it extends, outermost first. */
const ofMessage = (type: MessageType): MiddlewareReference[] => lineage(type).toReversed().flatMap(usedMiddleware);

/**
 * What `@UseMiddleware` put on the class and on the method of a handler, outermost first: that of the classes it
 * extends too, and of the method from the class on that made it a handler.
 */
const ofHandler = ({ type, declaration: { method, declaredBy } }: CheckedHandler): MiddlewareReference[] => {
  const line = lineage(type).toReversed();
  const ofMethod = line
    .slice(line.indexOf(declaredBy as MessageType))
    .flatMap(ancestor => usedOnMethod(ancestor, method));
  return [...new Set([...line.flatMap(usedMiddleware), ...ofMethod])];
};

const entriesOf = (handler: CheckedHandler, ofBus: MiddlewareByKind): WiringEntry[] =>
  handler.types.map(type => ({
    kind: handler.declaration.kind,
    message: nameOf(type),
    middleware: [...ofBus[handler.declaration.kind], ...ofMessage(type), ...ofHandler(handler)].map(middlewareName),
    handler: handler.identity.name,
    module: handler.identity.module,
  }));
