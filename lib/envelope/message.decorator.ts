import { CqrsException } from '../errors/cqrs.exception.js';
import { mark } from '../messages/copies.js';
import { lineage, nameOf } from '../messages/inspect-message.js';
import type { MessageType } from '../messages/message.js';
import { metadataKey, readOwn, write } from '../messages/metadata.js';
import { WeakTypes } from './weak-types.js';

/** How a message is called outside of the process. */
export interface MessageOptions {
  /** Stable name, independent of the class. Default: the name of the class. */
  readonly name?: string;
  /** Counts changes of its fields that old receivers or senders would not understand. Default: 1. */
  readonly version?: number;
  /** Names it had before; envelopes that carry them are still read. Default: none. */
  readonly aliases?: readonly string[];
  /**
   * Classes of which its fields hold instances: these too are revived as instances. They are those of its subclasses too,
   * since these have the fields. Default: none.
   */
  readonly nested?: readonly MessageType[];
}

/** What `@Message` said, with nothing left out. */
export interface MessageIdentity extends Required<Omit<MessageOptions, 'nested'>> {
  /** Whether the name was given, rather than taken from the class. */
  readonly isNamed: boolean;
}

const MESSAGE = metadataKey<MessageOptions>(Symbol('cqrs:message'));

/**
 * Every class with `@Message` that the process has loaded. It says nothing of what an application knows: a catalog asks it
 * only for classes that extend those it serves.
 */
export const declaredMessages = new WeakTypes();

/**
 * Names a message, or a class that messages hold, for envelopes. A message that stays in the process needs no name.
 * Name, version and aliases are of exactly this class: a subclass is another message. Nested classes are inherited.
 * @param options name, version, aliases, nested classes
 * @throws CqrsException (code CQRS_INVALID_MESSAGE_NAME) for an empty name, or a version that is not a positive integer
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

/** How a class is called in envelopes. */
export function messageIdentity(type: MessageType): MessageIdentity {
  const { name, version = 1, aliases = [] } = readOwn(MESSAGE, type) ?? {};
  return { name: name ?? nameOf(type), version, aliases, isNamed: name !== undefined };
}

/** The classes of which the fields of a class hold instances: those it names itself, and those that its base classes name. */
export const nestedTypesOf = (type: MessageType): MessageType[] =>
  lineage(type).flatMap(each => readOwn(MESSAGE, each)?.nested ?? []);

/** Whether `@Message` is on exactly this class. */
export const isDeclaredMessage = (type: MessageType): boolean => readOwn(MESSAGE, type) !== undefined;
