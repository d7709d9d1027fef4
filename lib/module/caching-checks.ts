import { cached } from '../caching/cached.decorator.js';
import {
  cachedInTransaction,
  cachedTwice,
  cachedWithEnhancers,
  notAQuery,
  strayDecorator,
  touchedByQuery,
  withoutCache,
  withoutVary,
} from '../caching/caching-problems.js';
import type { Decorated } from '../messages/decorated.js';
import { touching } from '../caching/touches.decorator.js';
import type { WiringProblem } from '../errors/wiring.exception.js';
import { lineage, nameOf } from '../messages/inspect-message.js';
import { StreamQuery, type MessageType } from '../messages/message.js';
import { inheritedMiddleware } from '../pipeline/use-middleware.decorator.js';
import { isSingleton } from '../scopes/provider-wrapper.js';
import { isTransaction } from '../units/transactional.decorator.js';
import { enhancerNames } from './enhancers.js';
import { culprit, type CheckedHandler } from './handler-checks.js';
import type { FoundProvider } from './provider-explorer.js';
import { handlerMiddleware } from './used-middleware.js';

/**
 * Problems of `@Cached` and `@Touches`.
 * @param others providers that handle nothing
 */
export function cachingProblems(
  handlers: readonly CheckedHandler[],
  others: () => readonly FoundProvider[],
  hasCache: boolean,
): WiringProblem[] {
  const ofCached = cached.isUsed
    ? [...handlers.flatMap(handler => problemsOf(handler, hasCache)), ...stray(cached, '@Cached', handlers, others())]
    : [];
  return touching.isUsed
    ? [...ofCached, ...touchingQueries(handlers), ...stray(touching, '@Touches', handlers, others())]
    : ofCached;
}

function problemsOf(handler: CheckedHandler, hasCache: boolean): WiringProblem[] {
  const { type, declaration, types, wrapper } = handler;
  const ofHandler = cached.ofHandler(type, declaration.method);
  const ofMessages = types.flatMap(message => cached.ofClass(message) ?? []);
  const all = ofHandler === undefined ? ofMessages : [ofHandler, ...ofMessages];
  if (all.length === 0) return [];
  const where = culprit(handler);
  if (declaration.kind !== 'query') {
    const message = ofHandler === undefined && types.find(each => cached.ofClass(each) !== undefined);
    return [notAQuery(`on ${message ? `the ${declaration.kind} ${nameOf(message)}` : A[declaration.kind]}`, where)];
  }
  const rows = types.find(isStreamQuery);
  const enhancers = enhancerNames(handler);
  const isPersonal = !isSingleton(wrapper) && all.some(({ vary }) => vary === undefined);
  return [
    ...(hasCache ? [] : [withoutCache(where)]),
    ...(rows === undefined ? [] : [notAQuery(`on ${nameOf(rows)}, which answers with rows`, where)]),
    ...(ofHandler !== undefined && ofMessages.length > 0 ? [cachedTwice(where)] : []),
    ...(enhancers.length > 0 ? [cachedWithEnhancers(enhancers, where)] : []),
    ...(isPersonal ? [withoutVary(where)] : []),
    ...(types.some(message => isInUnit(message, handler)) ? [cachedInTransaction(where)] : []),
  ];
}

const isInUnit = (message: MessageType, handler: CheckedHandler): boolean =>
  [...inheritedMiddleware(lineage(message)), ...handlerMiddleware(handler)].some(isTransaction);

const touchingQueries = (handlers: readonly CheckedHandler[]): WiringProblem[] =>
  handlers
    .filter(
      ({ type, declaration: { kind, method }, types }) =>
        kind === 'query' &&
        (touching.ofHandler(type, method) ?? types.map(each => touching.ofClass(each)).find(Boolean)) !== undefined,
    )
    .map(handler => touchedByQuery(culprit(handler)));

const A = { command: 'a handler of commands', event: 'a handler of events' } as const;

const isStreamQuery = (type: MessageType): boolean => type.prototype instanceof StreamQuery;

/** Where nothing runs it: on a service, or on another method of a handler class. */
function stray(
  decorated: Decorated<unknown>,
  name: string,
  handlers: readonly CheckedHandler[],
  others: readonly FoundProvider[],
): WiringProblem[] {
  const handling = new Map<MessageType, Set<string | symbol>>(others.map(({ type }) => [type, new Set()]));
  for (const { type, declaration } of handlers)
    handling.set(type, (handling.get(type) ?? new Set()).add(declaration.method));
  const places = [...handling].flatMap(([type, methods]) => [
    ...(methods.size === 0 && decorated.ofClass(type) !== undefined ? [nameOf(type)] : []),
    ...decorated
      .methodsOf(type)
      .filter(method => !methods.has(method))
      .map(method => `${nameOf(type)}.${String(method)}`),
  ]);
  return [...new Set(places)].map(place => strayDecorator(name, place));
}
