import { types } from 'node:util';
import { typeOfPrototype } from '../messages/inspect-message.js';
import type { MessageType } from '../messages/message.js';

/** Objects of the language that an envelope carries by what they hold. */
export type BuiltIn = 'Array' | 'Date' | 'Map' | 'Set' | 'Uint8Array' | 'Buffer';

/**
 * Which built-in object this is; undefined for every other object. An instance of a class that extends a built-in one is
 * not: it would come back without its class.
 */
export function builtInOf(value: object): BuiltIn | undefined {
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (prototype === Object.prototype || prototype === null) return undefined;
  const known = KINDS.get(prototype);
  if (known === undefined && outsideOf(prototype).elsewhere === undefined) return undefined;
  const kind = insideOf(value);
  if (kind === undefined || known !== undefined) return kind && known;
  // Those of other realms. And fake timers put a subclass in place of Date, whose instances say that they are of Date itself.
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

/** What the engine keeps inside of an object, whatever its prototype. */
function insideOf(value: object): Exclude<BuiltIn, 'Buffer'> | undefined {
  if (Array.isArray(value)) return 'Array';
  if (types.isDate(value)) return 'Date';
  if (types.isMap(value)) return 'Map';
  if (types.isSet(value)) return 'Set';
  return types.isUint8Array(value) ? 'Uint8Array' : undefined;
}

/** Where the instances of a prototype keep their state, beside their fields. */
interface Outside {
  /** In a class of the platform, or in another object that they inherit from. */
  readonly elsewhere: string | undefined;
  /** In private fields. */
  readonly isPrivate: boolean;
}

const outsideByPrototype = new WeakMap<object, Outside>();

/**
 * Why the state of an object is not in its fields, as a clause; undefined if it is. One rule: fields are all of an object
 * if its class, and each class that this extends, is written in JavaScript outside of the platform.
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

/** Whether fields that are not enumerable are all that an object has. */
export const hasOnlyHiddenFields = (value: object): boolean =>
  Object.keys(value).length === 0 && Object.getOwnPropertyNames(value).length > 0;

/** Whether the class of an object has private fields: they exist only where its constructor ran. */
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

/** The class that has exactly this prototype. */
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

/** Of a prototype that no class has: iterators of the language have such, and objects made with `Object.create()`. */
function stateOfObject(prototype: object): string | undefined {
  if (Object.hasOwn(prototype, Symbol.toStringTag)) return 'its state is not in its fields';
  const inherited = Object.entries(prototype).find(([, value]) => typeof value !== 'function');
  return inherited && `it inherits the field "${inherited[0]}" from another object`;
}

const sourceOf = (type: MessageType): string => Function.prototype.toString.call(type);

const isNative = (type: MessageType): boolean => sourceOf(type).endsWith('{ [native code] }');

/** Whether a class is one of the platform, such as `URLSearchParams`: what a program makes global can be enumerated. */
function isGlobal(type: MessageType): boolean {
  const global = Object.getOwnPropertyDescriptor(globalThis, type.name);
  return global !== undefined && !global.enumerable && (global.value ?? global.get?.call(globalThis)) === type;
}

/** Of private names only the text of a class tells. Compiled for engines that lack them, they are calls of a helper. */
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

/** Those of TypeScript and Babel, of SWC, and of esbuild. */
const PRIVATE_HELPERS = /class_?private_?field_?(?:get|set|init)\w*\(\s*this\b|__private(?:Get|Set|Add)\(\s*this\b/i;
