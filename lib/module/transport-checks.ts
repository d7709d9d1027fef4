import { isClass, lineage, nameOf } from '../messages/inspect-message.js';
import { MESSAGE_KINDS, StreamQuery, type MessageType } from '../messages/message.js';
import { flag, having, list, milliseconds, oneOf, optionProblems, type RulesFor } from '../options/option-rules.js';
import type { ExposeOptions, Exposure } from '../transport/expose.js';
import type { ExposedType } from '../transport/receiver.js';
import type { MessageRoute, RouteOptions } from '../transport/route.js';
import { carriesRows, runsEverywhere, twice, withoutRows, type SingleRoute } from '../transport/route-table.js';
import { describeValue } from '../errors/describe-value.js';
import type { WiringProblem } from '../errors/wiring.exception.js';
import { culprit, namesNoClass, type CheckedHandler } from './handler-checks.js';
import { kindOf } from './message-kinds.js';

const TO: RulesFor<RouteOptions> = { timeout: milliseconds, durable: flag(false) };

const ON: RulesFor<ExposeOptions> = { headers: list, failures: oneOf(['all', 'listed'], 'all'), lazy: flag(false) };

const ROUTES = 'the routes of CqrsModule.forRoot()';

/** @returns problems of what `to()` and `on()` were given */
export const targetProblems = (routes: readonly MessageRoute[], exposures: readonly Exposure[]): WiringProblem[] => [
  ...routes.flatMap(({ messages, transport, options }) => [
    ...(messages.length === 0 ? [namesNothing(undefined)] : []),
    ...(having('request').accepts(transport) ? [] : [noTarget('route(…).to()', transport)]),
    ...optionProblems(options, TO, `route(…).to(${nameOfTarget(transport)})`),
  ]),
  ...exposures.flatMap(({ server, options }) => [
    ...(having('serve').accepts(server) ? [] : [noTarget('expose(…).on()', server)]),
    ...optionProblems(options, ON, `expose(…).on(${nameOfTarget(server)})`),
  ]),
];

/** Problems of routes, with the handlers of this process. */
export function routeProblems(routes: readonly SingleRoute[], handlers: readonly CheckedHandler[]): WiringProblem[] {
  return routes.flatMap((route, i) => {
    const { message, transport } = route;
    if (typeof message === 'string') return message === '' ? [namesNothing(message)] : [];
    if (!isClass(message))
      return [message === undefined ? namesNoClass('route()', ROUTES, message) : namesNothing(message)];
    const kind = kindOf(message, []);
    const handler = handlers.find(({ types, declaration }) => types.includes(message) && declaration.kind !== 'event');
    const other = routes.slice(0, i).find(each => each.message === message && each.transport !== transport);
    return [
      ...(handler ? [handledHere(message, route, handler)] : []),
      ...(other && kind !== undefined && kind !== 'event' ? [twice(message, other, route)] : []),
      ...(kind === 'command' && !transport.features.sharesLoad ? [runsEverywhere(message, transport)] : []),
      ...(lineage(message).includes(StreamQuery) && !carriesRows(transport.features)
        ? [withoutRows(message, transport)]
        : []),
    ];
  });
}

export interface ExposureSurroundings {
  sagaEvents(): readonly MessageType[];
}

/** What an exposure opens, with the kinds of the handlers. */
export function exposedTypes(
  { messages, server, options }: Exposure,
  handlers: readonly CheckedHandler[],
  { sagaEvents }: ExposureSurroundings,
  problems: WiringProblem[],
): ExposedType[] {
  const where = `expose(…).on(${server.name})`;
  if (messages.length === 0) problems.push(namesNoClass('expose()', where, undefined));
  return messages.flatMap(type => {
    if (!isClass(type)) {
      problems.push(namesNoClass('expose()', where, type));
      return [];
    }
    const line = lineage(type);
    const handler = handlers.find(({ types }) => types.some(each => line.includes(each)));
    const ofSagas = line.some(ancestor => sagaEvents().includes(ancestor)) ? 'event' : undefined;
    const known = handler?.declaration.kind ?? ofSagas;
    const declared = kindOf(type, sagaEvents());
    const later = options.lazy === true ? (declared === undefined ? MESSAGE_KINDS : [declared]) : [];
    const kinds = known === undefined ? later : [known];
    if (kinds.length === 0) problems.push(withoutHandler(type, where));
    if (kinds.includes('command') && !server.features.sharesLoad) problems.push(runsEverywhere(type, server));
    if (line.includes(StreamQuery) && !carriesRows(server.features)) problems.push(withoutRows(type, server));
    return kinds.map(kind => ({ type, kind }));
  });
}

const nameOfTarget = (target: { readonly name?: string } | undefined): string => String(target?.name);

const noTarget = (where: string, given: unknown): WiringProblem => ({
  code: 'CQRS_INVALID_OPTIONS',
  what: `${where} was given ${describeValue(given)} in place of a transport.`,
  where: 'CqrsModule.forRoot()',
  remedy:
    "Give it what microservice() or microserviceServer() of 'nestjs-cqrs/microservices' returns, or one of your own.",
});

const handledHere = (type: MessageType, { transport }: SingleRoute, handler: CheckedHandler): WiringProblem => ({
  code: 'CQRS_ROUTE_OF_HANDLED',
  what: `"${nameOf(type)}" is routed to ${transport.name}, and ${culprit(handler)} handles it in this process.`,
  where: ROUTES,
  remedy: `Take the route or the handler away; or route it by its name, which yields to a handler of the process: route('…').to(${transport.name}).`,
});

const withoutHandler = (type: MessageType, where: string): WiringProblem => ({
  code: 'CQRS_EXPOSED_WITHOUT_HANDLER',
  what: `"${nameOf(type)}" is exposed, and nothing in this process handles it.`,
  where,
  remedy: 'Provide its handler, or take it out of expose(). If a lazily loaded module brings it, set { lazy: true }.',
});

const namesNothing = (given: unknown): WiringProblem => ({
  code: 'CQRS_INVALID_MESSAGE_TYPE',
  what: `route() was given ${given === '' ? 'an empty name' : given === undefined ? 'nothing' : describeValue(given)} in place of a message class or a name.`,
  where: ROUTES,
  remedy: "Name classes, or names of @Message as in route('billing.*').",
});
