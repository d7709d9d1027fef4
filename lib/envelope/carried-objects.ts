import { types } from 'node:util';
import { typeOfPrototype } from '../messages/inspect-message.js';
import type { MessageType } from '../messages/message.js';

export type BuiltIn = 'Array' | 'Date' | 'Map' | 'Set' | 'Uint8Array' | 'Buffer';

/** Undefined for subclasses, whose class would be lost. */
export function builtInOf(value: object): BuiltIn | undefined {
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (prototype === Object.prototype || prototype === null) return undefined;
  const known = KINDS.get(prototype);
  if (known === undefined && outsideOf(prototype).elsewhere === undefined) return undefined;
  const kind = insideOf(value);
  if (kind === undefined || known !== undefined) return kind && known;
  // Other realms; or fake timers, whose Date subclass makes instances that name the native Date.
  const type = ownType(value) ?? ownType(prototype);
  return type !== undefined && isNative(type) ? kind : undefined;
}

const KINDS: ReadonlyMap<object, BuiltIn> = new Map<object, BuiltIn>([
  [Array.prototype, 'Array'],
  [Date.prototype, 'Date'],
  [Map.prototype, 'Map'],
  [Set.prototype, 'Set'],
  [Uint8Array.prototype, 'Uint8Array'],
  [Buffer.prototype, 'Buffer'],
]);

/** By internal slot, whatever the prototype. */
function insideOf(value: object): Exclude<BuiltIn, 'Buffer'> | undefined {
  if (Array.isArray(value)) return 'Array';
  if (types.isDate(value)) return 'Date';
  if (types.isMap(value)) return 'Map';
  if (types.isSet(value)) return 'Set';
  return types.isUint8Array(value) ? 'Uint8Array' : undefined;
}

interface Outside {
  /** In a platform class or an inherited object; a clause. */
  readonly elsewhere: string | undefined;
  readonly isPrivate: boolean;
}

const outsideByPrototype = new WeakMap<object, Outside>();

/**
 * Why fields are not the whole state, as a clause; undefined if class and ancestors are JavaScript from outside of the
 * platform.
 */
export function stateOutsideFields(value: object): string | undefined {
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (prototype !== Object.prototype && prototype !== null) {
    const { elsewhere } = outsideOf(prototype);
    if (elsewhere !== undefined) return elsewhere;
  }
  for (const symbol of Object.getOwnPropertySymbols(value))
    if (Object.prototype.propertyIsEnumerable.call(value, symbol))
      return `it has a field whose key is ${String(symbol)}, and JSON has no symbols`;
  return undefined;
}

export const hasOnlyHiddenFields = (value: object): boolean =>
  Object.keys(value).length === 0 && Object.getOwnPropertyNames(value).length > 0;

/** Private fields exist only where the constructor ran. */
export function hasPrivateFields(value: object): boolean {
  const prototype = Object.getPrototypeOf(value) as object | null;
  return prototype !== null && outsideOf(prototype).isPrivate;
}

function outsideOf(prototype: object): Outside {
  const known = outsideByPrototype.get(prototype);
  if (known) return known;
  let elsewhere: string | undefined;
  let isPrivate = false;
  for (let each = prototype, next: object | null; (next = Object.getPrototypeOf(each) as object | null); each = next) {
    const type = ownType(each);
    const state = type ? stateOfPlatform(type, each === prototype) : stateOfObject(each);
    elsewhere ??= state;
    isPrivate ||= type !== undefined && state === undefined && usesPrivateFields(type);
  }
  const outside = { elsewhere, isPrivate };
  outsideByPrototype.set(prototype, outside);
  return outside;
}

function ownType(prototype: object): MessageType | undefined {
  const type: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value;
  return typeof type === 'function' ? typeOfPrototype(prototype) : undefined;
}

function stateOfPlatform(type: MessageType, isItself: boolean): string | undefined {
  if (!isNative(type) && !isGlobal(type)) return undefined;
  return isItself
    ? 'its state is not in its fields'
    : `it extends ${type.name}, and the state of that is not in its fields`;
}

/** Iterators and `Object.create()` have a prototype without a class. */
function stateOfObject(prototype: object): string | undefined {
  if (Object.hasOwn(prototype, Symbol.toStringTag)) return 'its state is not in its fields';
  const inherited = Object.entries(prototype).find(([, value]) => typeof value !== 'function');
  return inherited && `it inherits the field "${inherited[0]}" from another object`;
}

const sourceOf = (type: MessageType): string => Function.prototype.toString.call(type);

const isNative = (type: MessageType): boolean => sourceOf(type).endsWith('{ [native code] }');

/** Globals that a program adds are enumerable, unlike `URLSearchParams`. */
function isGlobal(type: MessageType): boolean {
  const global = Object.getOwnPropertyDescriptor(globalThis, type.name);
  return global !== undefined && !global.enumerable && (global.value ?? global.get?.call(globalThis)) === type;
}

/** Only source shows private names; compilers for older engines emit helpers. */
function usesPrivateFields(type: MessageType): boolean {
  const source = sourceOf(type);
  const ofClass = new Set(Array.from(source.matchAll(/\bstatic\s+(?:(?:async|get|set)\s+|\*\s*)*(#[\w$]+)/g), at(1)));
  const used = Array.from(source.matchAll(/\.\s*(#[\w$]+)/g), at(1));
  return used.some(name => !ofClass.has(name)) || PRIVATE_HELPERS.test(source);
}

const at =
  (group: number) =>
  (match: RegExpMatchArray): string | undefined =>
    match[group];

/** TypeScript and Babel, SWC, esbuild. */
const PRIVATE_HELPERS = /class_?private_?field_?(?:get|set|init)\w*\(\s*this\b|__private(?:Get|Set|Add)\(\s*this\b/i;
