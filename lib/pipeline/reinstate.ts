import { isDeepStrictEqual, types } from 'node:util';
import type { MessageType } from '../messages/message.js';
import { isPlain } from '../options/option-rules.js';

type Fields = Readonly<Record<PropertyKey, unknown>>;

/**
 * What a validator returns for a message, as an instance of its class. Most schemas copy whatever they are given, so a
 * part that holds the same as before stays the very object that it was. A part that has changed becomes an object of
 * the class that stood there, with its symbol fields; its constructor does not run, and so it has no `#private` fields.
 * @param before the message
 * @param value what the validator returned: an object
 * @param type class of the message
 */
export function reinstated(before: object, value: object, type: MessageType): object {
  if (value instanceof type) return value;
  if (isSame(before, value)) return before;
  const instance = copyOf(before, value);
  return Object.isFrozen(before) ? Object.freeze(instance) : instance;
}

/** A value at one place of a message, in place of what was there before. */
function restored(before: unknown, after: unknown): unknown {
  if (Object.is(before, after) || isSame(before, after)) return before;
  if (Array.isArray(before) && Array.isArray(after))
    return after.map((item, i) => restored(counterpart(before, after, i), item));
  return isInstance(before) && isRecord(after) && shareAKey(before, after) ? copyOf(before, after) : after;
}

/** Of a list as long as before the item at the same place; else any item, where all are of one class. */
function counterpart(before: readonly unknown[], after: readonly unknown[], i: number): unknown {
  if (before.length === after.length) return before[i];
  const [first, ...others] = before;
  const prototype = prototypeOf(first);
  return others.every(other => prototypeOf(other) === prototype) ? first : undefined;
}

function copyOf(before: object, after: object): object {
  const copy = Object.create(Object.getPrototypeOf(before) as object) as object;
  const define = (key: PropertyKey, value: unknown) =>
    Object.defineProperty(copy, key, { value, enumerable: true, configurable: true, writable: true });
  for (const [key, value] of Object.entries(after)) define(key, restored(own(before, key), value));
  for (const key of Object.getOwnPropertySymbols(before)) if (!Object.hasOwn(copy, key)) define(key, own(before, key));
  return copy;
}

/** Whether a value holds the same as before, whatever its class: a schema makes plain objects of instances. */
function isSame(before: unknown, after: unknown, within: readonly unknown[] = []): boolean {
  if (Object.is(before, after)) return true;
  if (typeof before !== 'object' || before === null || typeof after !== 'object' || after === null) return false;
  // What holds itself is not compared further: then it counts as changed.
  if (within.includes(before)) return false;
  const deeper = [...within, before];
  if (Array.isArray(before) || Array.isArray(after))
    return (
      Array.isArray(before) &&
      Array.isArray(after) &&
      before.length === after.length &&
      before.every((item, i) => isSame(item, after[i], deeper))
    );
  if (isBuiltIn(before)) return isDeepStrictEqual(before, after);
  // Another instance was made on purpose, and may keep something that cannot be seen.
  if (!isRecord(after)) return false;
  const [old, now] = [definedIn(before), definedIn(after)];
  return (
    old.length === now.length &&
    old.every(([key, value]) => Object.hasOwn(after, key) && isSame(value, own(after, key), deeper))
  );
}

/** What keeps its state elsewhere than in fields. */
const isBuiltIn = (value: object): boolean =>
  types.isMap(value) ||
  types.isSet(value) ||
  types.isDate(value) ||
  types.isRegExp(value) ||
  ArrayBuffer.isView(value) ||
  types.isAnyArrayBuffer(value);

const definedIn = (value: object): [string, unknown][] =>
  Object.entries(value).filter(([, field]) => field !== undefined);

const own = (value: object, key: PropertyKey): unknown =>
  Object.hasOwn(value, key) ? (value as Fields)[key] : undefined;

const prototypeOf = (value: unknown): unknown =>
  typeof value === 'object' && value !== null ? (Object.getPrototypeOf(value) as unknown) : undefined;

const isRecord = (value: unknown): value is object => typeof value === 'object' && value !== null && isPlain(value);

const isInstance = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !isRecord(value) && !isBuiltIn(value);

/** A schema that makes something else of a value gives it other fields; then it is not an instance any more. */
const shareAKey = (before: object, after: object): boolean =>
  Object.keys(after).some(key => Object.hasOwn(before, key));
