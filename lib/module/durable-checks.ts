import { messageIdentity } from '../envelope/message.decorator.js';
import { CqrsException } from '../errors/cqrs.exception.js';
import type { WiringProblem } from '../errors/wiring.exception.js';
import { isClass, isRoot, nameOf } from '../messages/inspect-message.js';
import type { MessageType } from '../messages/message.js';
import { optionProblems } from '../options/option-rules.js';
import {
  DURABLE,
  DURABLE_NAME,
  durabilityOf,
  durableMethods,
  type DurableOptions,
} from '../transport/durable/durable.decorator.js';
import type { DurableTransport } from '../transport/durable/durable-transport.js';
import { notDurable } from '../transport/durable/durable-desk.js';
import type { MessageRoute } from '../transport/route.js';
import { durabilityOfHandler, relayName, type QueueOfCommand } from './durable-queues.js';
import { culprit, namesNoClass, type CheckedHandler } from './handler-checks.js';
import type { CompleteDurableOptions, CompleteModuleOptions } from './module-options.js';
import { declaredScheduleProblems } from './schedule-checks.js';

/**
 * All problems of durable messages.
 * @param isHandled here, or elsewhere as the options say
 */
export function durableProblems(
  { durable, routes }: Pick<CompleteModuleOptions, 'durable' | 'routes'>,
  handlers: readonly CheckedHandler[],
  commands: readonly QueueOfCommand[],
  isHandled: (type: MessageType) => boolean,
): WiringProblem[] {
  const transport = durable?.transport;
  return [
    ...(durable === undefined ? [] : [...elsewhereProblems(durable), ...declaredScheduleProblems(durable, isHandled)]),
    ...durableRouteProblems(routes, transport),
    ...durableHandlerProblems(handlers, transport),
    ...durableCommandProblems(commands, transport),
    ...sameNames(
      handlers,
      commands,
      routes.filter(({ options }) => options.durable === true).map(({ transport }) => transport.name),
    ),
  ];
}

const elsewhereProblems = ({ elsewhere }: CompleteDurableOptions): WiringProblem[] =>
  elsewhere.flatMap(each =>
    isClass(each) || (typeof each === 'string' && each !== '')
      ? []
      : [namesNoClass('durable.elsewhere', 'CqrsModule.forRoot()', each)],
  );

/** Problems of routes that store events. */
const durableRouteProblems = (
  routes: readonly MessageRoute[],
  transport: DurableTransport | undefined,
): WiringProblem[] =>
  transport === undefined ? routes.filter(({ options }) => options.durable === true).map(routeWithoutStore) : [];

/** Problems of `@Durable` on the handlers of this process. */
function durableHandlerProblems(
  handlers: readonly CheckedHandler[],
  transport: DurableTransport | undefined,
): WiringProblem[] {
  const problems: WiringProblem[] = [];
  for (const handler of handlers) {
    problems.push(...strayMethods(handler, handlers), ...onMessages(handler));
    const found = durabilityOfHandler(handler);
    if (found === undefined) continue;
    const where = culprit(handler);
    if (handler.declaration.kind !== 'event') problems.push(onHandler(handler, where));
    else if (!DURABLE_NAME.accepts(found.name)) problems.push(withoutName(where));
    else if (transport === undefined) problems.push(notDurable(`@Durable('${found.name!}') stores events`, where));
    problems.push(...optionProblems(found.options, DURABLE, `@Durable on ${where}`));
    if (transport !== undefined) problems.push(...withoutOrder(found.options, transport, where));
  }
  return problems;
}

/** Problems of `@Durable` on the commands that may be stored. */
const durableCommandProblems = (
  commands: readonly QueueOfCommand[],
  transport: DurableTransport | undefined,
): WiringProblem[] =>
  commands.flatMap(({ type, options }) => [
    ...(durabilityOf(type)?.name === undefined ? [] : [nameOnCommand(type)]),
    ...(messageIdentity(type).isNamed ? [] : [commandWithoutName(type)]),
    ...optionProblems(options, DURABLE, `@Durable on ${nameOf(type)}`),
    ...(transport === undefined ? [] : withoutOrder(options, transport, nameOf(type))),
  ]);

/** Two queues of one name. */
function sameNames(
  handlers: readonly CheckedHandler[],
  commands: readonly QueueOfCommand[],
  relays: readonly string[],
): WiringProblem[] {
  const owners = new Map<string, string>([
    ...relays.map(service => [relayName(service), `the durable route to ${service}`] as const),
    ...commands.map(({ name, type }) => [name, nameOf(type)] as const),
  ]);
  return handlers.flatMap(handler => {
    const name = handler.declaration.kind === 'event' ? durabilityOfHandler(handler)?.name : undefined;
    if (name === undefined) return [];
    const owner = owners.get(name);
    if (owner === undefined) owners.set(name, culprit(handler));
    return owner === undefined ? [] : [nameTwice(name, owner, culprit(handler))];
  });
}

export const notDurableClass = (type: MessageType): CqrsException =>
  new CqrsException({
    code: 'CQRS_NOT_DURABLE_CLASS',
    what: isRoot(type)
      ? 'A plain object cannot be stored: its class was lost.'
      : `"${nameOf(type)}" cannot be stored: its class does not say how it is delivered.`,
    where: 'enqueue()',
    remedy: isRoot(type)
      ? 'Enqueue an instance of a command class, and check that nothing on the way lost it.'
      : `Decorate it: @Durable() @Message({ name: '…' }) class ${nameOf(type)}.`,
  });

function strayMethods({ type }: CheckedHandler, handlers: readonly CheckedHandler[]): WiringProblem[] {
  const own = handlers.filter(handler => handler.type === type);
  return durableMethods(type)
    .filter(method => !own.some(({ declaration }) => declaration.method === method && declaration.on === 'method'))
    .map(method => ({
      code: 'CQRS_DURABLE_MISPLACED',
      what: `@Durable is on ${nameOf(type)}.${String(method)}, which handles nothing.`,
      where: nameOf(type),
      remedy: 'Put it on a method with @EventsHandler(), or on the class if that has the decorator.',
    }));
}

/** Queries answer at once, and events are stored for each handler apart. */
const onMessages = ({ types, declaration }: CheckedHandler): WiringProblem[] =>
  types
    .filter(type => declaration.kind !== 'command' && durabilityOf(type) !== undefined)
    .map(type => ({
      code: 'CQRS_DURABLE_MISPLACED',
      what: `@Durable is on the ${declaration.kind} "${nameOf(type)}".`,
      where: nameOf(type),
      remedy:
        declaration.kind === 'event'
          ? "Put it on the handlers that are to get the event from a queue: @EventsHandler(…) @Durable('name')."
          : 'Take it away: a query answers at once, so it cannot be stored.',
    }));

function withoutOrder(options: DurableOptions, { engine, features }: DurableTransport, where: string): WiringProblem[] {
  if (options.key === undefined || features.keys === 'ordered') return [];
  return [
    {
      code: 'CQRS_NO_ORDER',
      what: `${engine} cannot keep the order of messages with one key.`,
      where,
      remedy: 'Take the key away, or use pg-boss 12.',
    },
  ];
}

const onHandler = ({ declaration }: CheckedHandler, where: string): WiringProblem => ({
  code: 'CQRS_DURABLE_MISPLACED',
  what: `@Durable is on a ${declaration.kind} handler.`,
  where,
  remedy:
    declaration.kind === 'command'
      ? 'Put it on the class of the command, which the process that stores it sees.'
      : 'Take it away: a query answers at once, so it cannot be stored.',
});

const withoutName = (where: string): WiringProblem => ({
  code: 'CQRS_DURABLE_WITHOUT_NAME',
  what: '@Durable on an event handler has no name. Its queue would be lost when the class is renamed.',
  where,
  remedy: "Name its queue, as in @Durable('bookkeeping').",
});

const commandWithoutName = (type: MessageType): WiringProblem => ({
  code: 'CQRS_DURABLE_WITHOUT_NAME',
  what: `The command "${nameOf(type)}" has @Durable and no name. Its queue would be lost when the class is renamed.`,
  where: nameOf(type),
  remedy: "Name it, as in @Message({ name: 'mail.send' }).",
});

const nameOnCommand = (type: MessageType): WiringProblem => ({
  code: 'CQRS_DURABLE_WITHOUT_NAME',
  what: `@Durable on the command "${nameOf(type)}" has a name.`,
  where: nameOf(type),
  remedy: 'Take it away: @Message({ name }) names a command and its queue.',
});

const nameTwice = (name: string, one: string, other: string): WiringProblem => ({
  code: 'CQRS_DURABLE_NAME_TWICE',
  what: `Two queues have the name "${name}".`,
  where: `${one}; ${other}`,
  remedy: 'Give each handler a name of its own.',
});

const routeWithoutStore = ({ transport }: MessageRoute): WiringProblem =>
  notDurable(`route(…).to(${transport.name}, { durable: true }) stores events`, 'the routes of CqrsModule.forRoot()');
