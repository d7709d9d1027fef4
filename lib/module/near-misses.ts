import { declaredHandlers } from '../handlers/handler-declaration.js';
import { lineage, nameOf } from '../messages/inspect-message.js';
import type { MessageKind, MessageType } from '../messages/message.js';
import { kindOf } from './message-kinds.js';
import { culprit, DECORATORS } from './handler-checks.js';
import type { FoundHandler, FoundProvider } from './provider-explorer.js';

/** Where near misses are looked for. */
export interface Surroundings<T extends FoundHandler = FoundHandler> {
  /** The handlers of the application. */
  readonly handlers: readonly T[];
  /** Its providers without a handler decorator; asked for when nothing else is near. */
  undecorated?(): readonly FoundProvider[];
  /** The classes of the events that sagas name. */
  sagaEvents?(): readonly MessageType[];
}

/**
 * What a missing handler may be mistaken for: one on another bus, one that is declared but not provided, that of
 * another class of the same name, or a class that its name makes a handler but no decorator, or the wrong one.
 * @param type class of the message
 * @param kind of the bus that found no handler
 * @returns a sentence that says what to do; undefined if nothing is near
 */
export function nearMiss(
  type: MessageType,
  kind: MessageKind,
  { handlers, undecorated, sagaEvents }: Surroundings,
): string | undefined {
  const other = onOtherBus(type, handlers);
  if (other) return other;
  const meant = kindOf(type, sagaEvents?.() ?? []);
  if (meant !== undefined && meant !== kind) return `It is ${withArticle(meant)}: ${SENDING[meant]}.`;
  const [declared] = declaredHandlers(type);
  const namesake = handlers.find(({ declaration }) =>
    declaration.types.some(other => other !== type && nameOf(other) === nameOf(type)),
  );
  // A file that is loaded twice declares its handlers twice too: then the one that is provided says what happened.
  if (declared && nameOf(namesake?.type) !== nameOf(declared))
    return `${nameOf(declared)} is declared but not provided: list it among the providers of a module that the application imports.`;
  if (namesake)
    return `${namesake.identity.name} handles another class of the same name: is the package or file that declares it loaded twice?`;
  return misnamed(type, kind, handlers) ?? withoutDecorator(type, kind, undecorated?.() ?? []);
}

/** How a message of a kind is sent. */
const SENDING: Readonly<Record<MessageKind, string>> = {
  command: 'send it through the command bus',
  query: 'send it through the query bus',
  event: 'publish it on the event bus',
};

const withArticle = (kind: MessageKind): string => (kind === 'event' ? 'an event' : `a ${kind}`);

/**
 * Says that a handler serves the type, or what it extends, as a message of another kind.
 * @param type class of a message that has no handler of its own kind
 * @param handlers of the application
 * @returns undefined if there is none
 */
export function onOtherBus(type: MessageType, handlers: readonly FoundHandler[]): string | undefined {
  for (const ancestor of lineage(type)) {
    const other = handlers.find(({ declaration }) => declaration.types.includes(ancestor));
    if (!other) continue;
    const { kind } = other.declaration;
    return `${other.identity.name} handles it as ${withArticle(kind)}: ${SENDING[kind]}.`;
  }
  return undefined;
}

function misnamed(type: MessageType, kind: MessageKind, handlers: readonly FoundHandler[]): string | undefined {
  const handler = handlers.find(
    found => found.declaration.kind === kind && found.declaration.on === 'class' && isNamedAfter(found.type, type),
  );
  if (!handler) return undefined;
  const decorator = DECORATORS[kind];
  return `${culprit(handler)} is decorated with ${decorator}(${handler.declaration.types.map(nameOf).join(', ')}): decorate it with ${decorator}(${nameOf(type)}).`;
}

function withoutDecorator(
  type: MessageType,
  kind: MessageKind,
  providers: readonly FoundProvider[],
): string | undefined {
  const method = kind === 'event' ? 'handle' : 'execute';
  const provider = providers.find(
    found =>
      isNamedAfter(found.type, type) && typeof (found.type.prototype as Record<string, unknown>)[method] === 'function',
  );
  if (!provider) return undefined;
  const module = provider.wrapper.host?.metatype.name;
  return `${nameOf(provider.type)}${module === undefined ? '' : ` in ${module}`} has no decorator: decorate it with ${DECORATORS[kind]}(${nameOf(type)}).`;
}

/** `CreateUserHandler` and `CreateUserCommandHandler` are named after `CreateUser` and `CreateUserCommand`. */
const isNamedAfter = (handler: object, message: MessageType): boolean => stemOf(handler) === stemOf(message);

const stemOf = (type: object): string =>
  nameOf(type)
    .toLowerCase()
    .replace(/handler$/, '')
    .replace(/(command|query|event)$/, '');
