import { Scope } from '@nestjs/common';
import { describeCached, patternsOf } from '../caching/tag-patterns.js';
import { touching } from '../caching/touches.decorator.js';
import type { WiringProblem } from '../errors/wiring.exception.js';
import { declarationsOf, declaredHandlers, decoratedClasses } from '../handlers/handler-declaration.js';
import { handlerIdentityOf } from '../handlers/provider-handlers.js';
import { limitOf } from '../introspection/document-of.js';
import type { Survey, SurveyedHandler, SurveyedLayer, SurveyedModule, SurveyedRoute } from '../introspection/survey.js';
import type { WiringEnhancers, WiringHandler, WiringMistake } from '../introspection/wiring-document.js';
import { isClass, nameOf, typeOfPrototype } from '../messages/inspect-message.js';
import type { MessageType } from '../messages/message.js';
import type { MiddlewareResolver } from '../pipeline/instantiate.js';
import { around } from '../pipeline/order.js';
import { policyOf } from '../transport/durable/retry-policy.js';
import type { SingleRoute } from '../transport/route-table.js';
import type { Module, ProviderWrapper } from '../scopes/provider-wrapper.js';
import type { MiddlewareOfBuses } from './bus-middleware.js';
import { layersOfBus, layersOfHandler, layersOfMessage, surveyed } from './declared-layers.js';
import { cachedOf, layersOfCaching, touchedAnywhere, touchesOf } from './declared-caching.js';
import { durabilityOfHandler, RELAY, relayName, type QueueOfCommand } from './durable-queues.js';
import { enhancerNames } from './enhancers.js';
import { notProvidedAmong } from './event-admission.js';
import type { CheckedHandler } from './handler-checks.js';
import { kindOf } from './message-kinds.js';
import type { CompleteModuleOptions } from './module-options.js';
import type { FoundSaga, ProviderExplorer } from './provider-explorer.js';
import { isHandlerInTransaction } from './unit-of-work-checks.js';

/** What a survey is made of. */
export interface Surveyable extends Pick<Survey, 'problems' | 'unseen' | 'nearMiss'> {
  readonly handlers: readonly CheckedHandler[];
  readonly sagas: readonly FoundSaga[];
  readonly routes: readonly SingleRoute[];
  readonly commandQueues: readonly QueueOfCommand[];
  readonly middleware: MiddlewareOfBuses;
  readonly resolve: MiddlewareResolver;
  readonly options: CompleteModuleOptions;
  readonly explorer: ProviderExplorer;
}

/** Describes the wiring with the classes themselves; `introspection/` makes data and texts of it. */
export function surveyOf(found: Surveyable): Survey {
  const { handlers, sagas, options, problems, unseen, nearMiss } = found;
  const sagaEvents = sagas.flatMap(({ declaration }) => (declaration.events ?? []).filter(isClass));
  const describe = layerReader(found);
  const described = new Map(handlers.map(handler => [handler, describeHandler(handler, found, describe)]));
  return {
    handlers: [...described.values()],
    sagas: sagas.map(saga => ({
      name: `${nameOf(saga.type)}.${String(saga.declaration.method)}`,
      identity: identityOfSaga(saga),
      module: moduleOf(saga.wrapper.host),
      type: saga.type,
      form: formOfSaga(saga),
      events: saga.declaration.events?.filter(isClass),
    })),
    routes: found.routes.map(route => describeRoute(route, found, describe)),
    exposures: options.expose.map(({ server, messages }) => ({
      server: server.name,
      engine: server.engine,
      messages: messages.filter(isClass),
    })),
    queues: queuesOf(found, handler => described.get(handler)),
    schedules: (options.durable?.schedules ?? []).map(({ name, command, options: { cron, timeZone = 'UTC' } }) => ({
      name,
      message: typeOfPrototype(Object.getPrototypeOf(command) as object),
      cron,
      timeZone,
    })),
    problems,
    unseen,
    kindOf: type => kindOf(type, sagaEvents),
    touched: () => {
      const patterns = touchedAnywhere(handlers).map(patternsOf);
      return patterns.includes(undefined) ? undefined : patterns.flatMap(tags => tags ?? []);
    },
    declaredMessages: () => [
      ...decoratedClasses().flatMap(type =>
        declarationsOf(type as MessageType).flatMap(({ types }) => types.filter(isClass)),
      ),
      ...touching.types().filter(type => kindOf(type, sagaEvents) === 'event'),
    ],
    notProvided: type => notProvidedAmong(declaredHandlers(type), handlers),
    nearMiss,
  };
}

type DescribeLayer = (layer: Parameters<typeof surveyed>[0], way: Parameters<typeof surveyed>[2]) => SurveyedLayer;

function layerReader({ resolve, explorer }: Surveyable): DescribeLayer {
  const modules = new Map<object, SurveyedModule | undefined>();
  const moduleOfClass = (type: object) => {
    if (!modules.has(type)) modules.set(type, moduleOf(explorer.providersOf(type)[0]?.host));
    return modules.get(type);
  };
  return (layer, way) => surveyed(layer, resolve, way, moduleOfClass);
}

function describeHandler(
  handler: CheckedHandler,
  { middleware, options }: Surveyable,
  describe: DescribeLayer,
): SurveyedHandler {
  const { declaration, identity, type, types, wrapper } = handler;
  const { kind, method, on } = declaration;
  const enhancers = enhancersOf(handler);
  const phase = phaseOf(handler, options);
  const own = layersOfHandler(handler);
  const limits = own.flatMap(({ reference }) => limitOf((reference as { name?: string }).name ?? '') ?? []);
  return {
    kind,
    identity,
    name: identity.name,
    form: on,
    scope: scopeOf(wrapper),
    type,
    method,
    module: moduleOf(wrapper.host),
    types,
    ...(enhancers && { enhancers }),
    ...(phase && { phase }),
    timeout: limits.length === 0 ? undefined : Math.min(...limits),
    cachedOf: message => {
      const cached = cachedOf(handler, message);
      return cached && describeCached(cached);
    },
    touchesOf: message => {
      const patterns = touchesOf(handler, message).map(patternsOf);
      return patterns.includes(undefined) ? undefined : patterns.flatMap(tags => tags ?? []);
    },
    layersOf: message => {
      const { outer, inner } = layersOfCaching(handler, message);
      return around(layersOfBus(middleware[kind], options), layersOfMessage(message), [...outer, ...own, ...inner]).map(
        layer => describe(layer, { type: message, place: undefined }),
      );
    },
  };
}

function describeRoute(
  { message, transport, timeout, isDurable }: SingleRoute,
  { middleware, options }: Surveyable,
  describe: DescribeLayer,
): SurveyedRoute {
  const type = typeof message === 'string' ? undefined : message;
  const kind = type && kindOf(type, []);
  const layers = type && kind ? [...layersOfBus(middleware[kind], options), ...layersOfMessage(type)] : [];
  return {
    message,
    to: transport.name,
    engine: transport.engine,
    timeout,
    durable: isDurable,
    layers: layers.map(layer => describe(layer, { type, place: 'send' })),
  };
}

function queuesOf(
  { handlers, commandQueues, options: { durable, routes } }: Surveyable,
  describe: (handler: CheckedHandler) => SurveyedHandler | undefined,
): Survey['queues'] {
  if (durable === undefined) return [];
  const { transport, retry, concurrency } = durable;
  const common = { engine: transport.engine };
  const ofCommands = commandQueues.map(({ type, name, options, isHandledHere }) => ({
    ...common,
    name,
    holds: 'commands' as const,
    messages: [type],
    handler: undefined,
    ordered: options.key !== undefined,
    concurrency: options.concurrency ?? concurrency,
    retries: policyOf(options.retry, retry).limit,
    handledHere: isHandledHere,
  }));
  const ofEvents = handlers.flatMap(handler => {
    const { name, options = {} } = (handler.declaration.kind === 'event' && durabilityOfHandler(handler)) || {};
    if (name === undefined) return [];
    return {
      ...common,
      name,
      holds: 'events' as const,
      messages: handler.types,
      handler: describe(handler),
      ordered: options.key !== undefined,
      concurrency: options.concurrency ?? concurrency,
      retries: policyOf(options.retry, retry).limit,
      handledHere: true,
    };
  });
  const relays = new Map<string, MessageType[]>();
  for (const { messages, transport: remote, options } of routes)
    if (options.durable === true) {
      const name = relayName(remote.name);
      relays.set(name, [...(relays.get(name) ?? []), ...messages.filter(isClass)]);
    }
  const ofRelays = [...relays].map(([name, messages]) => ({
    ...common,
    name,
    holds: 'relay' as const,
    messages,
    handler: undefined,
    ordered: false,
    concurrency,
    retries: RELAY.limit,
    handledHere: true,
  }));
  return [...ofCommands, ...ofEvents, ...ofRelays];
}

/** The same mistake of several handlers is told once. */
export function problemsAsData(problems: readonly WiringProblem[]): WiringMistake[] {
  const data = problems.map(({ code, what, where, remedy }) => ({
    code,
    what,
    ...(where !== undefined && { where }),
    remedy,
  }));
  return [...new Map(data.map(problem => [JSON.stringify(problem), problem])).values()];
}

const moduleOf = (host: Module | undefined): SurveyedModule | undefined =>
  host && { key: host, name: nameOf(host.metatype), type: host.metatype };

/** As declared. What a provider injects may make it request-scoped; not every loader of TypeScript tells what that is. */
const scopeOf = ({ scope, durable }: ProviderWrapper): WiringHandler['scope'] => {
  if (scope === Scope.TRANSIENT) return 'transient';
  if (scope !== Scope.REQUEST) return 'singleton';
  return durable === true ? 'durable' : 'request';
};

function phaseOf(handler: CheckedHandler, { unitOfWork, durable }: CompleteModuleOptions): WiringHandler['phase'] {
  if (handler.declaration.kind !== 'event') return undefined;
  if (durable !== undefined && durabilityOfHandler(handler)?.name !== undefined) return 'durable';
  if (unitOfWork === undefined) return undefined;
  return isHandlerInTransaction(handler) ? 'in transaction' : 'after commit';
}

function enhancersOf(handler: CheckedHandler): WiringEnhancers | undefined {
  const names = enhancerNames(handler);
  if (names.length === 0) return undefined;
  const of = (kind: string) => names.flatMap(name => (name.startsWith(`${kind} `) ? name.slice(kind.length + 1) : []));
  return { guards: of('guard'), interceptors: of('interceptor'), pipes: of('pipe'), filters: of('filter') };
}

const identityOfSaga = ({ wrapper, type, declaration: { method } }: FoundSaga) =>
  handlerIdentityOf(wrapper, type, { on: 'method', method });

function formOfSaga({ type, declaration: { method, events } }: FoundSaga) {
  if (events !== undefined) return 'event';
  const own: unknown = (type.prototype as Record<string | symbol, unknown>)[method];
  return typeof own === 'function' && own.constructor.name.endsWith('GeneratorFunction') ? 'generator' : 'stream';
}
