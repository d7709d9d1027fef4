import { InvalidMessageException } from '../errors/invalid-message.exception.js';
import type { MessageType } from './message.js';

/**
 * The prototype that identifies the type of a message.
 * @param message what was sent
 * @param where the bus or middleware that was given it, for the error
 * @throws InvalidMessageException unless the message is an instance of a class; a revoked proxy is not
 */
export function prototypeOf(message: unknown, where?: string): object {
  if (typeof message === 'object' && message !== null)
    try {
      const prototype = Object.getPrototypeOf(message) as { constructor?: unknown } | null;
      if (Array.isArray(message) && nameOf(prototype?.constructor) === 'Array')
        throw new InvalidMessageException(message, where);
      if (prototype !== null && typeof prototype.constructor === 'function') return prototype;
    } catch (error) {
      if (error instanceof InvalidMessageException) throw error;
      // A revoked proxy or a getter that throws: the message is refused like any other that has no class.
      throw new InvalidMessageException(message, where, error);
    }
  throw new InvalidMessageException(message, where);
}

/** The class an instance of which has this prototype. */
export const typeOfPrototype = (prototype: object): MessageType =>
  (prototype as { constructor: MessageType }).constructor;

/** Whether a class is the `Object` of some realm: that of objects written as literals. */
export const isRoot = (type: MessageType): boolean =>
  Object.getPrototypeOf(type.prototype) === null && nameOf(type) === 'Object';

/** Whether something can be the class of a message. */
export function isClass(value: unknown): value is MessageType {
  if (typeof value !== 'function') return false;
  const prototype: unknown = value.prototype;
  return typeof prototype === 'object' && prototype !== null;
}

/** The name of a class for texts; safe for any value, whatever a static `name` holds or does. */
export function nameOf(type: unknown): string {
  try {
    const name: unknown = typeof type === 'function' ? type.name : undefined;
    if (typeof name === 'string' && name !== '') return name;
  } catch {
    // A getter that throws gives no name.
  }
  return '(anonymous class)';
}

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
