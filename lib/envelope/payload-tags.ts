import { typeOfPrototype } from '../messages/inspect-message.js';
import type { MessageType } from '../messages/message.js';

/** A plain object that has this field is written as `object`. */
export const TAG = '$type';

/** Code that merges objects would reach prototypes by these names. */
const FORBIDDEN: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

export const isForbiddenKey = (key: string): boolean => FORBIDDEN.has(key);

export const ODD_NUMBERS: ReadonlyMap<string, number> = new Map([
  ['NaN', NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
  ['-0', -0],
]);

/** Reading a bigint takes more than linear time. */
export const MAX_DIGITS = 4096;

/** The JSON text of a tag, as part of the size. */
export const TAG_COST = 4;

/** In any realm, as `structuredClone` crosses them. */
export function isPlain(value: object): value is Record<string, unknown> {
  const prototype = Object.getPrototypeOf(value) as object | null;
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

export function typeOf(value: unknown): MessageType | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const prototype = Object.getPrototypeOf(value) as object | null;
  const type: unknown = prototype && typeOfPrototype(prototype);
  return typeof type === 'function' ? (type as MessageType) : undefined;
}
