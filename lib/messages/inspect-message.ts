import { InvalidMessageException } from '../errors/invalid-message.exception.js';
import type { MessageType } from './message.js';

/**
 * The prototype that identifies the type of a message.
 * @param message what was sent
 * @param where the bus or middleware that was given it, for the error
 * @throws InvalidMessageException unless the message is an instance of a class
 */
export function prototypeOf(message: unknown, where?: string): object {
  if (typeof message !== 'object' || message === null) throw new InvalidMessageException(message, where);
  const prototype: unknown = Object.getPrototypeOf(message);
  if (prototype === null || typeof (prototype as { constructor?: unknown }).constructor !== 'function')
    throw new InvalidMessageException(message, where);
  return prototype as object;
}

/** The class an instance of which has this prototype. */
export const typeOfPrototype = (prototype: object): MessageType =>
  (prototype as { constructor: MessageType }).constructor;

/** Whether something can be the class of a message. */
export function isClass(value: unknown): value is MessageType {
  if (typeof value !== 'function') return false;
  const prototype: unknown = value.prototype;
  return typeof prototype === 'object' && prototype !== null;
}

/** The name of a class for texts. */
export const nameOf = (type: unknown): string =>
  (typeof type === 'function' ? type.name : undefined) || '(anonymous class)';

/** The name of the type of a message for texts; safe for any value. */
export const messageName = (message: object): string => {
  try {
    return nameOf(message.constructor);
  } catch {
    return nameOf(undefined);
  }
};

/** The class and what it extends, the class itself first, `Object` left out. */
export function lineage(type: MessageType): MessageType[] {
  const line: MessageType[] = type === Object ? [] : [type];
  let prototype = type.prototype as object | null | undefined;
  while (prototype) {
    prototype = Object.getPrototypeOf(prototype) as object | null;
    if (prototype && prototype !== Object.prototype) line.push(typeOfPrototype(prototype));
  }
  return line;
}
