import { types } from 'node:util';
import { EnvelopeException } from '../errors/envelope.exception.js';
import { describeValue } from '../errors/invalid-message.exception.js';
import { typeOfPrototype } from '../messages/inspect-message.js';
import type { MessageType } from '../messages/message.js';
import { EnvelopeBudget, type EnvelopeOptions, type RevivableTypes } from './envelope-options.js';
import { isDeclaredMessage, messageIdentity } from './message.decorator.js';
import { isForbiddenKey, isPlain, MAX_DIGITS, TAG, TAG_COST } from './payload-tags.js';

interface WithToJSON {
  toJSON(): unknown;
}

/** Writes one payload, or the headers, as JSON that keeps what JSON alone would lose. */
export class PayloadWriter {
  private readonly budget: EnvelopeBudget;
  private readonly ancestors = new Set<object>();

  /**
   * @param options limits and engines
   * @param nested classes whose instances are named, so that they are revived
   * @param root what paths in errors begin with
   */
  constructor(
    private readonly options: EnvelopeOptions,
    private readonly nested: RevivableTypes,
    root?: string,
  ) {
    this.budget = new EnvelopeBudget(options.limits, root);
  }

  /** A message: its class is told by the envelope, so its fields stand for themselves. */
  message(message: unknown): unknown {
    if (!isObject(message) || isBuiltIn(message)) return this.value(message);
    this.budget.spend();
    return this.guarded(message, () => this.instance(message));
  }

  /** Any value. */
  value(value: unknown): unknown {
    this.budget.spend(typeof value === 'string' ? value.length : 0);
    switch (typeof value) {
      case 'string':
      case 'boolean':
        return value;
      case 'number':
        return Number.isFinite(value) && !Object.is(value, -0)
          ? value
          : this.tagged('number', Object.is(value, -0) ? '-0' : String(value));
      case 'bigint':
        return this.bigint(value);
      case 'undefined':
        return this.tagged('undefined');
      case 'object':
        return value === null ? null : this.guarded(value, () => this.object(value));
      default:
        throw EnvelopeException.unserializable(`${describeValue(value)} cannot leave the process.`, this.budget.where);
    }
  }

  private object(value: object): unknown {
    if (Array.isArray(value)) {
      this.budget.reserve(value.length);
      return Array.from(value, (item, i) => this.at(String(i), item));
    }
    if (types.isDate(value)) return this.tagged('Date', Number.isNaN(value.getTime()) ? null : value.toISOString());
    if (types.isMap(value))
      return this.tagged(
        'Map',
        Array.from(value, ([key, item], i) => [this.at(`${i}.key`, key), this.at(`${i}.value`, item)]),
      );
    if (types.isSet(value))
      return this.tagged(
        'Set',
        Array.from(value, (item, i) => this.at(String(i), item)),
      );
    if (types.isUint8Array(value)) return this.bytes(value);
    if (isPlain(value)) return hasToJSON(value) ? this.at('toJSON()', value.toJSON()) : this.fields(value);
    const type = typeOfPrototype(Object.getPrototypeOf(value) as object);
    if (typeof type === 'function' && this.isRegistered(type)) {
      const { name, version } = messageIdentity(type);
      // As much as its reader spends on the tag, on the name, and on the object that holds the fields.
      this.budget.spend(TAG_COST);
      this.budget.spend(name.length + 2 * TAG_COST);
      this.budget.spend();
      return { [TAG]: 'class', name, version, value: this.instance(value) };
    }
    return this.instance(value);
  }

  /** An instance of a class: as it says itself, else as an engine says, else its own enumerable fields. */
  private instance(value: object): unknown {
    if (hasToJSON(value)) return this.at('toJSON()', value.toJSON());
    const type = isPlain(value) ? undefined : typeOfPrototype(Object.getPrototypeOf(value) as object);
    const engine = type && this.options.engines?.find(candidate => candidate.handles(type));
    const plain = engine ? engine.toPlain(value) : value;
    if (!isObject(plain) || isBuiltIn(plain)) return this.value(plain);
    return this.fields(plain);
  }

  private fields(value: object): Record<string, unknown> {
    const name = Object.prototype.toString.call(value).slice(8, -1);
    if (OPAQUE.has(name) || ArrayBuffer.isView(value))
      throw EnvelopeException.unserializable(`${describeValue(value)} cannot leave the process.`, this.budget.where);
    const written: [string, unknown][] = [];
    for (const [key, item] of Object.entries(value)) {
      if (isForbiddenKey(key))
        throw EnvelopeException.unserializable(`A field "${key}" cannot leave the process.`, this.budget.where);
      this.budget.spend(key.length);
      written.push([key, this.at(key, item)]);
    }
    const fields = Object.fromEntries(written);
    return Object.hasOwn(fields, TAG) ? this.tagged('object', fields) : fields;
  }

  private bigint(value: bigint): unknown {
    const digits = value.toString();
    if (digits.length > MAX_DIGITS)
      throw EnvelopeException.tooLarge(`A bigint may have ${MAX_DIGITS} digits.`, this.budget.where);
    this.budget.spend(digits.length);
    return this.tagged('bigint', digits);
  }

  private bytes(value: Uint8Array): unknown {
    this.budget.spend(Math.ceil(value.byteLength / 3) * 4);
    const text = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
    return this.tagged(Buffer.isBuffer(value) ? 'Buffer' : 'Uint8Array', text);
  }

  private tagged(type: string, value?: unknown): Record<string, unknown> {
    this.budget.spend(TAG_COST);
    return value === undefined ? { [TAG]: type } : { [TAG]: type, value };
  }

  private at(key: string, value: unknown): unknown {
    return this.budget.within(key, () => this.value(value));
  }

  private guarded<T>(value: object, run: () => T): T {
    if (this.ancestors.has(value))
      throw EnvelopeException.unserializable(
        'An object that contains itself cannot leave the process.',
        this.budget.where,
      );
    this.ancestors.add(value);
    const result = run();
    this.ancestors.delete(value);
    return result;
  }

  private isRegistered(type: MessageType): boolean {
    return isDeclaredMessage(type) || this.nested.knows(type) || this.options.types?.knows(type) === true;
  }
}

/** Objects of the language that have no fields to carry. */
const OPAQUE = new Set([
  'Promise',
  'WeakMap',
  'WeakSet',
  'WeakRef',
  'RegExp',
  'Error',
  'ArrayBuffer',
  'SharedArrayBuffer',
  'Generator',
  'AsyncGenerator',
  'Boolean',
  'Number',
  'String',
  'Symbol',
  'BigInt',
]);

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

const isBuiltIn = (value: object): boolean =>
  Array.isArray(value) || types.isDate(value) || types.isMap(value) || types.isSet(value) || types.isUint8Array(value);

const hasToJSON = (value: object): value is WithToJSON => typeof (value as Partial<WithToJSON>).toJSON === 'function';
