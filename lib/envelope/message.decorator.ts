import { CqrsException } from '../errors/cqrs.exception.js';
import { mark } from '../messages/copies.js';
import { lineage, nameOf } from '../messages/inspect-message.js';
import type { MessageType } from '../messages/message.js';
import { metadataKey, readOwn, write } from '../messages/metadata.js';
import { WeakTypes } from './weak-types.js';

/** How envelopes name a message. */
export interface MessageOptions {
  /** Stable name. Default: the class name. */
  readonly name?: string;
  /** Raise it when fields change incompatibly. Default: 1. */
  readonly version?: number;
  /** Earlier names, still read. Default: none. */
  readonly aliases?: readonly string[];
  /** Classes in its fields, revived as instances; subclasses inherit the list. Default: none. */
  readonly nested?: readonly MessageType[];
}

export interface MessageIdentity extends Required<Omit<MessageOptions, 'nested'>> {
  readonly isNamed: boolean;
}

const MESSAGE = metadataKey<MessageOptions>(Symbol('cqrs:message'));

/** Of the process. A catalog looks up only subclasses of classes it serves. */
export const declaredMessages = new WeakTypes();

/**
 * Names a message, or a class inside messages, for envelopes. Subclasses inherit `nested` alone.
 * @throws CqrsException (CQRS_INVALID_MESSAGE_NAME) for an empty name, or a version that is not a positive integer
 */
export const Message = (options: MessageOptions): ClassDecorator => {
  const { name, version = 1, aliases = [] } = options;
  if ([name, ...aliases].includes('') || !Number.isSafeInteger(version) || version < 1)
    throw new CqrsException({
      code: 'CQRS_INVALID_MESSAGE_NAME',
      what: `@Message() takes names that are not empty and a version that is a positive integer, not ${JSON.stringify({ name, version, aliases })}.`,
      remedy: "Write for example @Message({ name: 'users.create', version: 2 }).",
    });
  return target => {
    mark(target, '@Message');
    write(MESSAGE, options, target);
    const type = target as unknown as MessageType;
    declaredMessages.add(type, [name ?? nameOf(type), ...aliases]);
  };
};

export function messageIdentity(type: MessageType): MessageIdentity {
  const { name, version = 1, aliases = [] } = readOwn(MESSAGE, type) ?? {};
  return { name: name ?? nameOf(type), version, aliases, isNamed: name !== undefined };
}

/** How envelopes name a message: by `@Message()`, else by its class. */
export const wireNameOf = (type: MessageType): string => messageIdentity(type).name;

export const nestedTypesOf = (type: MessageType): MessageType[] =>
  lineage(type).flatMap(each => readOwn(MESSAGE, each)?.nested ?? []);

export const isDeclaredMessage = (type: MessageType): boolean => readOwn(MESSAGE, type) !== undefined;
