import { typeOfPrototype } from '../messages/inspect-message.js';
import type { MessageType } from '../messages/message.js';

/** The field that says what an object in JSON stands for. A plain object that has it is written as `object`. */
export const TAG = '$type';

/** Field names that reach into prototypes where other code copies or merges objects; never written, never read. */
const FORBIDDEN: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** Whether a field name is a risk to code that handles the object. */
export const isForbiddenKey = (key: string): boolean => FORBIDDEN.has(key);

/** Numbers that JSON does not have, by their texts. */
export const ODD_NUMBERS: ReadonlyMap<string, number> = new Map([
  ['NaN', NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
  ['-0', -0],
]);

/** Digits of the longest bigint that is carried: reading one takes more than linear time. */
export const MAX_DIGITS = 4096;

/** What a tag costs of the size, beside what it holds: its text in JSON is longer than one character. */
export const TAG_COST = 4;

/** Whether an object is not an instance of a class; those of other realms count too, as `structuredClone` makes them. */
export function isPlain(value: object): value is Record<string, unknown> {
  const prototype = Object.getPrototypeOf(value) as object | null;
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** The class of a value; undefined if it is not an instance of a class. */
export function typeOf(value: unknown): MessageType | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const prototype = Object.getPrototypeOf(value) as object | null;
  const type: unknown = prototype && typeOfPrototype(prototype);
  return typeof type === 'function' ? (type as MessageType) : undefined;
}
