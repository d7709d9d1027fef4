import type { MessageType } from '../messages/message.js';
import { Identifiers, sortedBy } from './identifiers.js';
import { MessageNodes } from './message-nodes.js';
import type { SourceOf } from './source-locations.js';
import type { Survey, SurveyedHandler, SurveyedLayer, SurveyedModule, SurveyedSaga } from './survey.js';
import {
  WIRING_SCHEMA,
  type WiringDocument,
  type WiringHandler,
  type WiringLayer,
  type WiringMiddleware,
  type WiringPipeline,
  type WiringSaga,
} from './wiring-document.js';

/** Names the parts of one survey. */
export class SurveyNames {
  readonly messages: MessageNodes;
  private readonly modules = new Identifiers<object>(key => this.moduleNames.get(key)!);
  private readonly moduleNames = new Map<object, string>();
  private readonly handlers = new Identifiers<SurveyedHandler>(handler => this.within(handler));
  private readonly sagas = new Identifiers<SurveyedSaga>(saga => this.within(saga));
  private readonly middleware = new Identifiers<object>(target => this.layerNames.get(target)!);
  private readonly layerNames = new Map<object, string>();
  private readonly functions = new Map<string, object>();

  constructor(readonly survey: Survey) {
    this.messages = new MessageNodes(survey);
    // Ids that have a number do not depend on what is asked for first.
    for (const handler of survey.handlers) {
      this.handler(handler);
      for (const type of handler.types) this.messages.id(type, handler.kind);
    }
    for (const saga of survey.sagas) this.saga(saga);
  }

  module({ key, name }: SurveyedModule): string {
    this.moduleNames.set(key, name);
    return this.modules.of(key);
  }

  handler(handler: SurveyedHandler): string {
    return this.handlers.of(handler);
  }

  saga(saga: SurveyedSaga): string {
    return this.sagas.of(saga);
  }

  /** Functions and instances of one name are one, and so are those of this library: a decorator makes a new one each time. */
  layer({ target, name, form, builtIn }: SurveyedLayer): string {
    const isOwn = form === 'class' && builtIn === undefined;
    const key = `${form} ${name}`;
    if (!isOwn && !this.functions.has(key)) this.functions.set(key, target);
    const one = isOwn ? target : this.functions.get(key)!;
    this.layerNames.set(one, name);
    return this.middleware.of(one);
  }

  private within({ name, module }: SurveyedHandler | SurveyedSaga): string {
    return module === undefined ? name : `${this.module(module)}/${name}`;
  }
}

/** What of it can be told. */
function cachingOf(handler: SurveyedHandler, type: MessageType): Pick<WiringPipeline, 'cached' | 'touches'> {
  const cached = handler.cachedOf(type);
  const touches = handler.touchesOf(type) ?? [];
  if (cached === undefined) return touches.length > 0 ? { touches } : {};
  const { tags, ...rest } = cached;
  return { cached: { ...rest, ...(tags && { tags }) } };
}

/** @param sourceOf undefined without sources */
export function documentOf(survey: Survey, sourceOf: SourceOf | undefined): WiringDocument {
  const names = new SurveyNames(survey);
  const sourced = (target: object, member?: string | symbol) => {
    const source = sourceOf?.(target, member);
    return source && { source };
  };
  const { messages } = names;
  const modules = new Map<string, SurveyedModule>();
  const noteModule = (module: SurveyedModule | undefined) => {
    if (module === undefined) return undefined;
    modules.set(names.module(module), module);
    return { module: names.module(module) };
  };
  const middleware = new Map<string, WiringMiddleware>();
  const layersOf = (layers: readonly SurveyedLayer[]): WiringLayer[] =>
    layers.flatMap(layer => {
      if (layer.leftOut !== undefined) return [];
      const { name, form, module, builtIn, target, declaredAt, because } = layer;
      const id = names.layer(layer);
      const known = { id, name, form, ...noteModule(module), ...(builtIn && { builtIn }) };
      if (!middleware.has(id)) middleware.set(id, { ...known, ...(builtIn ? undefined : sourced(target)) });
      return [{ id, declaredAt, because }];
    });
  const idsOf = (types: readonly MessageType[]) => types.map(type => messages.id(type)).toSorted();

  const handlers = survey.handlers.map((handler): WiringHandler => {
    const { name, module, form, scope, kind, types, enhancers, timeout, phase, type, method } = handler;
    return {
      id: names.handler(handler),
      name,
      ...noteModule(module),
      form,
      scope,
      handles: types.map(each => messages.id(each, kind)).toSorted(),
      ...(enhancers && { enhancers }),
      ...(timeout !== undefined && { timeout }),
      ...(phase && { phase }),
      ...sourced(type, form === 'method' ? method : undefined),
    };
  });
  const pipelines = survey.handlers.flatMap(handler =>
    handler.types.map((type): WiringPipeline => {
      const layers = layersOf(handler.layersOf(type));
      const timeout = nearestLimit(layers);
      return {
        message: messages.id(type, handler.kind),
        handler: names.handler(handler),
        ...(timeout !== undefined && { timeout }),
        ...cachingOf(handler, type),
        middleware: layers,
      };
    }),
  );
  const sagas = survey.sagas.map((saga): WiringSaga => {
    const { name, module, form, events, type } = saga;
    return {
      id: names.saga(saga),
      name,
      ...noteModule(module),
      form,
      events: events === undefined ? '*' : events.map(event => messages.id(event, 'event')).toSorted(),
      ...sourced(type, name.split('.').at(-1)),
    };
  });
  const routes = survey.routes.map(({ message, layers, ...route }) => ({
    message: typeof message === 'string' ? message : messages.id(message),
    ...route,
    middleware: layersOf(layers),
  }));
  const queues = survey.queues.map(({ messages: types, handler, name, engine, holds, ...queue }) => ({
    name,
    engine,
    holds,
    messages: idsOf(types),
    ...(handler && { handler: names.handler(handler) }),
    ...queue,
  }));
  const { problems } = survey;
  const unseen = survey.unseen();
  return {
    schema: WIRING_SCHEMA,
    library: 'nestjs-cqrs',
    complete: unseen.length === 0,
    modules: sortedBy([...modules], ([id]) => id).map(([id, { name, type }]) => ({ id, name, ...sourced(type) })),
    messages: sortedBy(
      messages.all.map(node => ({ ...messages.describe(node), ...sourced(node.type) })),
      ({ id }) => id,
    ),
    handlers: sortedBy(handlers, ({ id }) => id),
    middleware: sortedBy([...middleware.values()], ({ id }) => id),
    pipelines: sortedBy(pipelines, ({ message, handler }) => `${message} ${handler}`),
    sagas: sortedBy(sagas, ({ id }) => id),
    routes: sortedBy(routes, ({ message, to }) => `${message} ${to}`),
    exposures: sortedBy(
      survey.exposures.map(({ server, engine, messages: types }) => ({ server, engine, messages: idsOf(types) })),
      ({ server, messages: ids }) => `${server} ${ids.join(' ')}`,
    ),
    queues: sortedBy(queues, ({ name }) => name),
    schedules: sortedBy(
      survey.schedules.map(({ name, message, cron, timeZone }) => ({
        name,
        message: messages.id(message),
        cron,
        timeZone,
      })),
      ({ name }) => name,
    ),
    problems: sortedBy(problems, ({ code, what }) => `${code} ${what}`),
    ...(unseen.length > 0 && { unseen: sortedBy(unseen, ({ provider }) => provider) }),
  };
}

/** Milliseconds that the name of a time limit says. */
export const limitOf = (name: string): number | undefined => {
  const found = /^timeLimit\(([\d.e+]+)\)/.exec(name);
  return found ? Number(found[1]) : undefined;
};

const nearestLimit = (layers: readonly WiringLayer[]): number | undefined => {
  const limits = layers.flatMap(({ id }) => limitOf(id) ?? []);
  return limits.length === 0 ? undefined : Math.min(...limits);
};
