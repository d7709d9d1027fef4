import type { InjectableOptions } from '@nestjs/common';
import type { MessageKind, MessageType } from '../messages/message.js';
import { mark, saidByOtherCopy } from '../messages/copies.js';
import { lineage } from '../messages/inspect-message.js';
import { append, metadataKey, readOwn, write } from '../messages/metadata.js';
import { WeakList } from '../messages/weak-list.js';
import * as keys from './metadata-keys.js';

export interface HandlerDeclaration {
  readonly kind: MessageKind;
  /** Unchecked: a circular import leaves `undefined` here. */
  readonly types: readonly unknown[];
  /** `execute` or `handle` for a decorated class. */
  readonly method: string | symbol;
  readonly on: 'class' | 'method';
}

/** The class that carries a declaration; subclasses inherit it. */
export interface FoundDeclaration extends HandlerDeclaration {
  readonly declaredBy: object;
}

/** Mark for other copies of this package. */
const HANDLER = 'the decorator of a handler';

const DECLARATIONS = metadataKey<readonly FoundDeclaration[]>(Symbol('cqrs:handlers'));

/** On a message class. */
const HANDLED_BY = metadataKey<ReadonlyMap<MessageKind, WeakList<object>>>(Symbol('cqrs:handled-by'));

const decorated = new WeakList<object>();

/** Metadata of @nestjs/cqrs decorators. */
const INCUMBENT = [
  { kind: 'command', key: keys.COMMAND_HANDLER_METADATA, method: 'execute' },
  { kind: 'query', key: keys.QUERY_HANDLER_METADATA, method: 'execute' },
  { kind: 'event', key: keys.EVENTS_HANDLER_METADATA, method: 'handle' },
] as const;

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
 * Of exactly this message type, provided or not.
 * @param kind default: all
 */
export const declaredHandlers = (message: object, kind?: MessageKind): readonly object[] =>
  [...(readOwn(HANDLED_BY, message) ?? [])].flatMap(([of, list]) =>
    kind === undefined || kind === of ? list.items() : [],
  );

/** In the order of the decorators, provided or not. */
export const decoratedClasses = (): object[] => decorated.items();

/** Includes inherited ones. */
export const declarationsOf = (type: MessageType): FoundDeclaration[] => declarationsIn(lineage(type));

/** A subclass's declarations about a method replace inherited ones. */
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

function declarationsOfAnotherCopy(declaredBy: object): FoundDeclaration[] {
  const said = saidByOtherCopy(declaredBy, HANDLER) as HandlerDeclaration[];
  return said.length > 0
    ? said.map(declaration => ({ ...declaration, declaredBy }))
    : compatibleDeclarations(declaredBy);
}

const compatibleDeclarations = (declaredBy: object): FoundDeclaration[] =>
  INCUMBENT.flatMap(({ kind, key, method }) => {
    const types = readOwn(metadataKey<unknown>(key), declaredBy);
    if (types === undefined) return [];
    return [{ kind, types: Array.isArray(types) ? types : [types], method, on: 'class', declaredBy }];
  });

export const isInjectableOptions = (value: unknown): value is InjectableOptions =>
  typeof value === 'object' && value !== null && ('scope' in value || 'durable' in value);
