import { whereOf } from '../context/handler-identity.js';
import type { WiringProblem } from '../errors/wiring.exception.js';
import { describeValue } from '../errors/describe-value.js';
import { isClass, lineage, nameOf } from '../messages/inspect-message.js';
import type { MessageKind, MessageType } from '../messages/message.js';
import { providedTwice } from './provided-twice.js';
import type { FoundHandler, ProviderExplorer } from './provider-explorer.js';
import type { KindOfProblem } from './wiring-exception.js';
import { isSingleton } from '../scopes/provider-wrapper.js';

export const DECORATORS: Readonly<Record<MessageKind, string>> = {
  command: '@CommandHandler',
  query: '@QueryHandler',
  event: '@EventsHandler',
};

export interface CheckedHandler extends FoundHandler {
  readonly types: readonly MessageType[];
}

export const culprit = ({ identity }: Pick<FoundHandler, 'identity'>): string => whereOf(identity);

/** @param isPreview instances were not constructed, so their fields are not there */
export function checkHandler(
  handler: FoundHandler,
  problems: KindOfProblem[],
  isPreview = false,
): CheckedHandler | undefined {
  const { declaration } = handler;
  const types: MessageType[] = [];
  if (declaration.types.length === 0) problems.push(namesNothing(handler));
  for (const type of declaration.types)
    if (isClass(type)) types.push(type);
    else problems.push(namesNoClass(`${decoratorOf(handler)}()`, culprit(handler), type));
  const present = hasMethod(handler, isPreview);
  if (!present) problems.push(withoutMethod(handler));
  return present && types.length > 0 ? { ...handler, types } : undefined;
}

/** One instance under several tokens counts once. */
export function chooseHandlers(
  present: readonly CheckedHandler[],
  candidates: readonly CheckedHandler[],
  refuse: (type: MessageType, first: CheckedHandler, other: CheckedHandler) => void,
): CheckedHandler[] {
  const serving = new Map(present.flatMap(handler => handler.types.map(type => [type, handler])));
  const added: CheckedHandler[] = [];
  for (const candidate of candidates) {
    const types: MessageType[] = [];
    for (const type of candidate.types) {
      const first = serving.get(type);
      if (first && !isSameHandler(first, candidate)) refuse(type, first, candidate);
      if (first) continue;
      serving.set(type, candidate);
      types.push(type);
    }
    if (types.length > 0) added.push({ ...candidate, types });
  }
  return added;
}

/**
 * A class of two modules runs once per event.
 * @param warn gets the handler that runs, and the other
 */
export function chooseEventHandlers(
  present: readonly CheckedHandler[],
  candidates: readonly CheckedHandler[],
  warn: (first: CheckedHandler, other: CheckedHandler) => void,
): CheckedHandler[] {
  const running = new Map<object, CheckedHandler[]>();
  for (const handler of present) running.set(handler.type, [...(running.get(handler.type) ?? []), handler]);
  const added: CheckedHandler[] = [];
  for (const candidate of candidates) {
    const ofClass = running.get(candidate.type) ?? [];
    const first = ofClass.find(handler => isSameDeclaration(handler, candidate));
    if (!first) {
      added.push(candidate);
      running.set(candidate.type, [...ofClass, candidate]);
    } else if (!isSameHandler(first, candidate)) warn(first, candidate);
  }
  return added;
}

/** Providers of one class under own tokens are separate handlers. */
const isSameDeclaration = (one: FoundHandler, other: FoundHandler): boolean =>
  (one.wrapper.token === other.wrapper.token || isSameHandler(one, other)) &&
  one.declaration.method === other.declaration.method &&
  one.declaration.types === other.declaration.types;

const isSameHandler = (one: FoundHandler, other: FoundHandler): boolean =>
  one.declaration.method === other.declaration.method &&
  (one.wrapper === other.wrapper ||
    (isSingleton(one.wrapper) && isSingleton(other.wrapper) && one.wrapper.instance === other.wrapper.instance));

/**
 * Before an instance exists: looks at the class, and in its text for a method that the constructor assigns. A factory's
 * result is unknown.
 */
const hasMethod = ({ wrapper, type, declaration: { method } }: FoundHandler, isPreview: boolean): boolean => {
  if (isSingleton(wrapper) && !isPreview)
    return typeof (wrapper.instance as Record<string | symbol, unknown>)[method] === 'function';
  if (wrapper.metatype !== type || method in type.prototype || typeof method === 'symbol') return true;
  return lineage(type).some(ancestor => Function.prototype.toString.call(ancestor).includes(method));
};

const decoratorOf = ({ declaration: { kind } }: FoundHandler): string => DECORATORS[kind];

const withoutMethod = (handler: FoundHandler): KindOfProblem => ({
  kind: handler.declaration.kind,
  code: 'CQRS_HANDLER_WITHOUT_METHOD',
  what: `The handler has no method ${String(handler.declaration.method)}().`,
  where: culprit(handler),
  remedy: `Add ${String(handler.declaration.method)}(message), or take ${decoratorOf(handler)} away.`,
});

export const namesNoClass = (who: string, where: string, type: unknown): WiringProblem => ({
  code: 'CQRS_INVALID_MESSAGE_TYPE',
  what: `${who} was given ${describeValue(type)} in place of a message class${type === undefined ? ' (circular import?)' : ''}.`,
  where,
  remedy:
    type === undefined
      ? 'Let the message live in a file of its own that imports none of those that name it.'
      : 'Name the class of the message.',
});

const namesNothing = (handler: FoundHandler): WiringProblem => ({
  code: 'CQRS_INVALID_MESSAGE_TYPE',
  what: `${decoratorOf(handler)}() was given no message class.`,
  where: culprit(handler),
  remedy: 'Name the classes of the messages it handles.',
});

export function duplicate(
  type: MessageType,
  one: FoundHandler,
  other: FoundHandler,
  explorer: ProviderExplorer,
): WiringProblem {
  const code = 'CQRS_DUPLICATE_HANDLER';
  const isOneMethod = one.type === other.type && one.declaration.method === other.declaration.method;
  if (isOneMethod && one.wrapper.host !== other.wrapper.host) {
    const { how, where, remedy } = providedTwice(one, other, explorer);
    return { code, what: `${one.identity.name}, which handles "${nameOf(type)}", ${how}.`, where, remedy };
  }
  return {
    code,
    what: `"${nameOf(type)}" has two handlers: ${culprit(one)}, and ${culprit(other)}.`,
    where: `${culprit(one)}; ${culprit(other)}`,
    remedy: "Keep one of them, or set duplicates: 'warn' to let the first serve.",
  };
}
