import { LOADED_TWICE } from '../errors/handler-not-found.exception.js';
import { declaredHandlers } from '../handlers/handler-declaration.js';
import { lineage, nameOf } from '../messages/inspect-message.js';
import type { MessageKind, MessageType } from '../messages/message.js';
import { kindOf } from './message-kinds.js';
import { culprit, DECORATORS } from './handler-checks.js';
import type { FoundHandler, FoundProvider } from './provider-explorer.js';

export interface Surroundings<T extends FoundHandler = FoundHandler> {
  readonly handlers: readonly T[];
  /** Called when nothing else is near. */
  undecorated?(): readonly FoundProvider[];
  sagaEvents?(): readonly MessageType[];
}

/**
 * On another bus, not provided, for a namesake, or wrongly or not decorated.
 * @returns a sentence with the fix
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
  // A file loaded twice declares handlers twice; then the namesake explains it.
  if (declared && nameOf(namesake?.type) !== nameOf(declared))
    return `${nameOf(declared)} is declared but not provided: list it among the providers of a module that the application imports.`;
  if (namesake) return `${namesake.identity.name} handles another class of the same name: ${LOADED_TWICE}`;
  return misnamed(type, kind, handlers) ?? withoutDecorator(type, kind, undecorated?.() ?? []);
}

const SENDING: Readonly<Record<MessageKind, string>> = {
  command: 'send it through the command bus',
  query: 'send it through the query bus',
  event: 'publish it on the event bus',
};

const withArticle = (kind: MessageKind): string => (kind === 'event' ? 'an event' : `a ${kind}`);

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

/** `CreateUserHandler` and `CreateUserCommandHandler` fit `CreateUser` and `CreateUserCommand`. */
const isNamedAfter = (handler: object, message: MessageType): boolean => stemOf(handler) === stemOf(message);

const stemOf = (type: object): string =>
  nameOf(type)
    .toLowerCase()
    .replace(/handler$/, '')
    .replace(/(command|query|event)$/, '');
