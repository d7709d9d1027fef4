import { randomUUID } from 'node:crypto';
import { Injectable, type InjectableOptions } from '@nestjs/common';
import type { MessageContext } from '../context/message-context.js';
import { classOfMethod } from '../messages/decorated-method.js';
import type {
  DeclaredMessage,
  InstanceOf,
  MessageInstance,
  MessageKind,
  MessageType,
  Served,
} from '../messages/message.js';
import { metadataKey, readOwn, write } from '../messages/metadata.js';
import type { HandlerResult } from './handler.js';
import { declareHandler, isInjectableOptions } from './handler-declaration.js';
import * as keys from './metadata-keys.js';

/** A function of message and context. */
export type HandlerMethod<TMessage, TResult> = (
  message: TMessage,
  context: MessageContext,
) => TResult | PromiseLike<TResult>;

/**
 * Decorates a class with the method `TMethod`, or a method. Another message, another result or a class without the
 * method does not compile.
 */
export interface HandlerDecorator<TMethod extends string, C extends MessageType, TResult> {
  <H extends { [key in TMethod]: HandlerMethod<Served<C, DeclaredMessage<H[TMethod]>>, TResult> }>(
    target: abstract new (...args: never[]) => H,
  ): void;
  <T extends HandlerMethod<Served<C, DeclaredMessage<T>>, TResult>>(
    target: MessageInstance,
    method: string | symbol,
    descriptor: TypedPropertyDescriptor<T>,
  ): void;
}

/** Rejects functions, whose prototype may be anything. */
type OfClass<C extends MessageType> = C extends abstract new (...args: never[]) => unknown
  ? unknown
  : 0 extends 1 & InstanceOf<C>
    ? never
    : unknown;

/**
 * Makes a provider class or method the handler of a command.
 * @param options for `@Injectable`, on classes
 * @throws InvalidHandlerException on a static method, and by standard decorators
 */
export const CommandHandler = <C extends MessageType>(
  command: C & OfClass<C>,
  options?: InjectableOptions,
): HandlerDecorator<'execute', C, HandlerResult<InstanceOf<C>>> => handles('command', [command], options);

/** Like {@link CommandHandler}, for a query. */
export const QueryHandler = <C extends MessageType>(
  query: C & OfClass<C>,
  options?: InjectableOptions,
): HandlerDecorator<'execute', C, HandlerResult<InstanceOf<C>>> => handles('query', [query], options);

/**
 * Makes a provider class or method a handler of events. The last argument may be options for `@Injectable`, on classes.
 * @throws as {@link CommandHandler}
 */
export function EventsHandler<T extends MessageType[]>(...events: T): EventsHandlerDecorator<T>;
export function EventsHandler<T extends MessageType[]>(
  ...eventsAndOptions: [...T, InjectableOptions]
): EventsHandlerDecorator<T>;
export function EventsHandler(...given: unknown[]): EventsHandlerDecorator<MessageType[]> {
  const last = given.at(-1);
  return isInjectableOptions(last) ? handles('event', given.slice(0, -1), last) : handles('event', given);
}

type EventsHandlerDecorator<T extends MessageType[]> = HandlerDecorator<'handle', T[number], unknown>;

/** For code that reads @nestjs/cqrs metadata. */
const COMPATIBLE = {
  command: { message: keys.COMMAND_METADATA, handler: keys.COMMAND_HANDLER_METADATA },
  query: { message: keys.QUERY_METADATA, handler: keys.QUERY_HANDLER_METADATA },
  event: { message: keys.EVENT_METADATA, handler: keys.EVENTS_HANDLER_METADATA },
} as const;

const NAMES = { command: '@CommandHandler', query: '@QueryHandler', event: '@EventsHandler' } as const;

const handles =
  (kind: MessageKind, types: readonly unknown[], options?: InjectableOptions) =>
  (target: object, method?: string | symbol): void => {
    const ofMethod = method === undefined ? undefined : classOfMethod(NAMES[kind], target, method);
    types.forEach(type => identify(kind, type));
    if (ofMethod !== undefined) {
      declareHandler(ofMethod, { kind, types, method: method!, on: 'method' });
      return;
    }
    declareHandler(target, { kind, types, method: kind === 'event' ? 'handle' : 'execute', on: 'class' });
    write(metadataKey(COMPATIBLE[kind].handler), kind === 'event' ? types : types[0], target);
    if (options) Injectable(options)(target as new () => object);
  };

const identify = (kind: MessageKind, type: unknown): void => {
  const key = metadataKey<{ id: string }>(COMPATIBLE[kind].message);
  if (typeof type === 'function' && !readOwn(key, type)) write(key, { id: randomUUID() }, type);
};

/** Undefined before a decorator names the message. */
export const messageTypeId = (kind: MessageKind, type: object): string | undefined =>
  readOwn(metadataKey<{ id: string }>(COMPATIBLE[kind].message), type)?.id;
