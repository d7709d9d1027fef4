import type { InjectableOptions } from '@nestjs/common';
import type { MessageKind, MessageType } from '../messages/message.js';
import { mark, saidByOtherCopy } from '../messages/copies.js';
import { lineage } from '../messages/inspect-message.js';
import { append, metadataKey, readOwn, write } from '../messages/metadata.js';
import { WeakList } from '../messages/weak-list.js';
import * as keys from './metadata-keys.js';

/** What a handler decorator said about a class or one of its methods. */
export interface HandlerDeclaration {
  readonly kind: MessageKind;
  /** As given to the decorator, unchecked: a circular import leaves `undefined` here. */
  readonly types: readonly unknown[];
  /** The method that handles; `execute` or `handle` for a decorated class. */
  readonly method: string | symbol;
  /** Whether the decorator stands on the class or on the method. */
  readonly on: 'class' | 'method';
}

/** A declaration and the class that carries it, which a subclass inherits. */
export interface FoundDeclaration extends HandlerDeclaration {
  readonly declaredBy: object;
}

/** How the decorators of handlers are marked for other copies of this package. */
const HANDLER = 'the decorator of a handler';

const DECLARATIONS = metadataKey<readonly FoundDeclaration[]>(Symbol('cqrs:handlers'));

/** On a message class: the classes that a decorator made its handlers, by kind. */
const HANDLED_BY = metadataKey<ReadonlyMap<MessageKind, WeakList<object>>>(Symbol('cqrs:handled-by'));

/** Every class with a handler decorator in the process. */
const decorated = new WeakList<object>();

/** Where @nestjs/cqrs keeps what its decorators say of a class. */
const COMPATIBLE = [
  { kind: 'command', key: keys.COMMAND_HANDLER_METADATA, method: 'execute' },
  { kind: 'query', key: keys.QUERY_HANDLER_METADATA, method: 'execute' },
  { kind: 'event', key: keys.EVENTS_HANDLER_METADATA, method: 'handle' },
] as const;

/** Leaves a declaration on a class, and the class on the messages it handles. */
export function declareHandler(type: object, declaration: HandlerDeclaration): void {
  if (readOwn(DECLARATIONS, type) === undefined) decorated.add(type);
  mark(type, HANDLER, declaration);
  append(DECLARATIONS, [{ ...declaration, declaredBy: type }], type);
  for (const message of declaration.types)
    if (typeof message === 'function') handlersOf(message, declaration.kind).add(type);
}

function handlersOf(message: object, kind: MessageKind): WeakList<object> {
  const lists = readOwn(HANDLED_BY, message) ?? new Map<MessageKind, WeakList<object>>();
  const list = lists.get(kind) ?? new WeakList<object>();
  write(HANDLED_BY, new Map(lists).set(kind, list), message);
  return list;
}

/**
 * Classes that a decorator made handlers of exactly this message type, provided or not.
 * @param kind of the handlers; all if left out
 */
export const declaredHandlers = (message: object, kind?: MessageKind): readonly object[] =>
  [...(readOwn(HANDLED_BY, message) ?? [])].flatMap(([of, list]) =>
    kind === undefined || kind === of ? list.items() : [],
  );

/** Every class with a handler decorator, provided anywhere or not, in the order of the decorators. */
export const decoratedClasses = (): object[] => decorated.items();

/** All declarations of a class, its own and those of what it extends. */
export const declarationsOf = (type: MessageType): FoundDeclaration[] => declarationsIn(lineage(type));

/**
 * All declarations in the lineage of a class. What a subclass says about a method stands in place of what the classes
 * above it say about the same.
 */
export function declarationsIn(line: readonly MessageType[]): FoundDeclaration[] {
  const found: FoundDeclaration[] = [];
  for (const declaredBy of line) {
    const nearer = found.length;
    for (const declaration of readOwn(DECLARATIONS, declaredBy) ?? declarationsOfAnotherCopy(declaredBy))
      if (!found.slice(0, nearer).some(one => isSaidAgain(one, declaration))) found.push(declaration);
  }
  return found;
}

const isSaidAgain = (nearer: HandlerDeclaration, { kind, method }: HandlerDeclaration): boolean =>
  nearer.kind === kind && nearer.method === method;

/** What decorators of another copy of this package, or of @nestjs/cqrs, said of a class. */
function declarationsOfAnotherCopy(declaredBy: object): FoundDeclaration[] {
  const said = saidByOtherCopy(declaredBy, HANDLER) as HandlerDeclaration[];
  return said.length > 0
    ? said.map(declaration => ({ ...declaration, declaredBy }))
    : compatibleDeclarations(declaredBy);
}

/** What other hands have written on a class, under the keys of @nestjs/cqrs. */
const compatibleDeclarations = (declaredBy: object): FoundDeclaration[] =>
  COMPATIBLE.flatMap(({ kind, key, method }) => {
    const types = readOwn(metadataKey<unknown>(key), declaredBy);
    if (types === undefined) return [];
    return [{ kind, types: Array.isArray(types) ? types : [types], method, on: 'class', declaredBy }];
  });

/** Whether the last argument of a handler decorator is Nest's options rather than a message class. */
export const isInjectableOptions = (value: unknown): value is InjectableOptions =>
  typeof value === 'object' && value !== null && ('scope' in value || 'durable' in value);
