import { isDeepStrictEqual, types } from 'node:util';
import type { MessageType } from '../messages/message.js';
import { isPlain } from '../options/option-rules.js';

type Fields = Readonly<Record<PropertyKey, unknown>>;

/**
 * A validator's result as an instance. Unchanged parts stay the same objects, though most schemas copy them. Changed
 * parts get the old class and symbol fields; constructors do not run: no `#private` fields.
 */
export const reinstated = (before: object, value: object, type: MessageType): object =>
  value instanceof type ? value : new Reinstatement().message(before, value);

interface Pair {
  readonly before: object;
  /** While the pair is visited, a stand-in for circular references. */
  result: object | undefined;
  /** With the same result of the validator. */
  readonly other: Pair | undefined;
}

/** Walks message and copy side by side, each pair once. */
class Reinstatement {
  /** By the validator's object. */
  private readonly pairs = new Map<object, Pair>();

  message(before: object, after: object): object {
    return this.fields(before, after, true);
  }

  private value(before: unknown, after: unknown): unknown {
    if (Object.is(before, after)) return before;
    if (typeof before !== 'object' || before === null || typeof after !== 'object' || after === null) return after;
    const known = this.pairOf(before, after);
    if (known !== undefined) return (known.result ??= emptied(before));
    if (Array.isArray(before) || Array.isArray(after))
      return Array.isArray(before) && Array.isArray(after) ? this.list(before, after) : after;
    if (isBuiltIn(before)) return isDeepStrictEqual(before, after) ? before : after;
    // A new instance was made on purpose, and may have hidden state.
    return isRecord(after) ? this.fields(before, after, false) : after;
  }

  private list(before: readonly unknown[], after: readonly unknown[]): object {
    const pair = this.begin(before, after);
    const counterpart = counterparts(before, after.length);
    const items = Array.from(after, (item, i) => this.value(counterpart(i), item));
    if (pair.result !== undefined) for (const item of items) (pair.result as unknown[]).push(item);
    else if (before.length === items.length && items.every((item, i) => Object.is(item, before[i])))
      pair.result = before;
    return (pair.result ??= items);
  }

  private fields(before: object, after: object, isMessage: boolean): object {
    const pair = this.begin(before, after);
    const fields = Object.entries(after) as [string, unknown][];
    for (const field of fields) field[1] = this.value(own(before, field[0]), field[1]);
    if (pair.result === undefined) {
      if (isRecord(after) && isSame(before, fields)) return (pair.result = before);
      if (isMessage || (isInstance(before) && shareAKey(before, after))) pair.result = emptied(before);
      else if (!isRecord(before) || fields.every(([key, value]) => Object.is(value, own(after, key))))
        return (pair.result = after);
    }
    const copy = (pair.result ??= emptied(after));
    for (const [key, value] of fields) define(copy, key, value);
    for (const key of Object.getOwnPropertySymbols(before))
      if (!Object.hasOwn(copy, key)) define(copy, key, own(before, key));
    return Object.isFrozen(before) ? Object.freeze(copy) : copy;
  }

  private pairOf(before: object, after: object): Pair | undefined {
    let pair = this.pairs.get(after);
    while (pair !== undefined && pair.before !== before) pair = pair.other;
    return pair;
  }

  private begin(before: object, after: object): Pair {
    const pair: Pair = { before, result: undefined, other: this.pairs.get(after) };
    this.pairs.set(after, pair);
    return pair;
  }
}

const emptied = (value: object): object =>
  Array.isArray(value) ? [] : (Object.create(Object.getPrototypeOf(value) as object | null) as object);

const define = (target: object, key: PropertyKey, value: unknown): unknown =>
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });

/** After a change of length any item, if of one class. */
function counterparts(before: readonly unknown[], length: number): (i: number) => unknown {
  if (before.length === length) return i => before[i];
  const [first] = before;
  const prototype = prototypeOf(first);
  const any = before.every(item => prototypeOf(item) === prototype) ? first : undefined;
  return () => any;
}

/** Ignores classes: schemas make plain objects of instances. */
function isSame(before: object, fields: readonly (readonly [string, unknown])[]): boolean {
  let defined = 0;
  for (const [key, value] of fields) {
    if (value === undefined) continue;
    if (!Object.is(value, own(before, key))) return false;
    defined++;
  }
  for (const value of Object.values(before)) if (value !== undefined) defined--;
  return defined === 0;
}

const isBuiltIn = (value: object): boolean =>
  types.isMap(value) ||
  types.isSet(value) ||
  types.isDate(value) ||
  types.isRegExp(value) ||
  ArrayBuffer.isView(value) ||
  types.isAnyArrayBuffer(value);

const own = (value: object, key: PropertyKey): unknown =>
  Object.hasOwn(value, key) ? (value as Fields)[key] : undefined;

const prototypeOf = (value: unknown): unknown =>
  typeof value === 'object' && value !== null ? (Object.getPrototypeOf(value) as unknown) : undefined;

const isRecord = (value: unknown): value is object => typeof value === 'object' && value !== null && isPlain(value);

const isInstance = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !isRecord(value) && !isBuiltIn(value);

/** Without a common key, the schema made something else instead of changing the object. */
const shareAKey = (before: object, after: object): boolean =>
  Object.keys(after).some(key => Object.hasOwn(before, key));
