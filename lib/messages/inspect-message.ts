import { InvalidMessageException } from '../errors/invalid-message.exception.js';
import type { MessageType } from './message.js';

/** @throws InvalidMessageException unless the message is an instance of a class; a revoked proxy is not */
export function prototypeOf(message: unknown, where?: string): object {
  if (typeof message === 'object' && message !== null)
    try {
      const prototype = Object.getPrototypeOf(message) as { constructor?: unknown } | null;
      if (Array.isArray(message) && nameOf(prototype?.constructor) === 'Array')
        throw new InvalidMessageException(message, where);
      if (prototype !== null && typeof prototype.constructor === 'function') return prototype;
    } catch (error) {
      if (error instanceof InvalidMessageException) throw error;
      // A revoked proxy or throwing getter.
      throw new InvalidMessageException(message, where, error);
    }
  throw new InvalidMessageException(message, where);
}

export const typeOfPrototype = (prototype: object): MessageType =>
  (prototype as { constructor: MessageType }).constructor;

/** `Object` of any realm. */
export const isRoot = (type: MessageType): boolean =>
  Object.getPrototypeOf(type.prototype) === null && nameOf(type) === 'Object';

export function isClass(value: unknown): value is MessageType {
  if (typeof value !== 'function') return false;
  const prototype: unknown = value.prototype;
  return typeof prototype === 'object' && prototype !== null;
}

/** Safe for any value, even a throwing static `name`. */
export function nameOf(type: unknown): string {
  try {
    const name: unknown = typeof type === 'function' ? type.name : undefined;
    if (typeof name === 'string' && name !== '') return name;
  } catch {
    // A getter that throws.
  }
  return '(anonymous class)';
}

/** Safe for any value. */
export const messageName = (message: object): string => {
  try {
    return nameOf(message.constructor);
  } catch {
    return nameOf(undefined);
  }
};

/** The class itself first, without `Object`. */
export function lineage(type: MessageType): MessageType[] {
  const line: MessageType[] = type === Object ? [] : [type];
  let prototype = type.prototype as object | null | undefined;
  while (prototype) {
    prototype = Object.getPrototypeOf(prototype) as object | null;
    if (prototype && prototype !== Object.prototype) line.push(typeOfPrototype(prototype));
  }
  return line;
}
