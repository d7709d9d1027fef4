import { typeOfPrototype } from '../messages/inspect-message.js';
import type { MessageType } from '../messages/message.js';

/** A plain object with this field is written as `object`. */
export const TAG = '$type';

/** Merging objects would reach prototypes by these names. */
export const isForbiddenKey = (key: string): boolean =>
  key === '__proto__' || key === 'constructor' || key === 'prototype';

export const ODD_NUMBERS: ReadonlyMap<string, number> = new Map([
  ['NaN', NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
  ['-0', -0],
]);

/** Reading a bigint takes more than linear time. */
export const MAX_DIGITS = 4096;

/** A tag's JSON text, as part of the size. */
export const TAG_COST = 4;

export function typeOf(value: unknown): MessageType | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const prototype = Object.getPrototypeOf(value) as object | null;
  const type: unknown = prototype && typeOfPrototype(prototype);
  return typeof type === 'function' ? (type as MessageType) : undefined;
}
