import { isDeepStrictEqual } from 'node:util';
import { EnvelopeException } from '../errors/envelope.exception.js';
import { describeValue } from '../errors/describe-value.js';
import { lineage, nameOf } from '../messages/inspect-message.js';
import type { MessageType } from '../messages/message.js';
import {
  builtInOf,
  hasOnlyHiddenFields,
  hasPrivateFields,
  stateOutsideFields,
  type BuiltIn,
} from './carried-objects.js';
import { EnvelopeBudget, type EnvelopeOptions, type PayloadEngine, type RevivableTypes } from './envelope-options.js';
import { define } from './message-meta.js';
import { isDeclaredMessage, messageIdentity } from './message.decorator.js';
import { isPlain } from '../options/option-rules.js';
import { isForbiddenKey, MAX_DIGITS, TAG, TAG_COST, typeOf } from './payload-tags.js';
import { jsonOf, revives, revivesAnother } from './self-conversion.js';

export interface WriterPlace {
  /** For errors. */
  readonly message: string;
  /** What paths in errors begin with. Default: `payload`. */
  readonly root?: string;
  /** Refuses objects that would come back as others: of a class that is not known, with a `toJSON()` or with hidden fields. */
  readonly isExact?: boolean;
}

const KNOWN_BY_OPTION = 'Name its class in the messages of CqrsModule.forRoot(), or answer with plain data.';

/** Writes as JSON without loss; refuses what the reader could not restore. */
export class PayloadWriter {
  private readonly budget: EnvelopeBudget;
  private readonly ancestors: object[] = [];

  constructor(
    private readonly options: EnvelopeOptions,
    private readonly nested: RevivableTypes,
    private readonly place: WriterPlace,
  ) {
    this.budget = new EnvelopeBudget(options.limits, place.root);
  }

  /** Untagged: the envelope names the class. */
  message(message: unknown): unknown {
    if (!isObject(message) || builtInOf(message)) return this.value(message);
    this.budget.spend();
    return this.within(message, isPlain(message) ? undefined : typeOf(message));
  }

  value(value: unknown): unknown {
    this.budget.spend(typeof value === 'string' ? value.length : 0);
    switch (typeof value) {
      case 'string':
      case 'boolean':
        return value;
      case 'number':
        return isSame(value) ? value : this.tagged('number', Object.is(value, -0) ? '-0' : String(value));
      case 'bigint':
        return this.bigint(value);
      case 'undefined':
        return this.tagged('undefined');
      case 'object':
        return value === null ? null : this.within(value);
      default:
        throw this.refused(value);
    }
  }

  private object(value: object): unknown {
    const builtIn = builtInOf(value);
    if (builtIn) return this.builtIn(value, builtIn);
    const type = isPlain(value) ? undefined : typeOf(value);
    if (type && this.isRevived(value, type)) return this.nestedInstance(value, type);
    if (this.place.isExact && (type || jsonOf(value) !== value)) throw this.inexact(value);
    return this.instance(value);
  }

  private builtIn(value: object, kind: BuiltIn): unknown {
    if (kind === 'Uint8Array' || kind === 'Buffer') return this.bytes(value as Uint8Array, kind);
    if (kind === 'Array') this.budget.reserve((value as unknown[]).length);
    const lastKey = Object.keys(value).at(-1);
    if (lastKey !== undefined && !(kind === 'Array' && isIndex(lastKey)))
      throw this.refused(value, 'it has fields beside what it holds', 'Carry the two in fields of their own.');
    switch (kind) {
      case 'Array':
        return Array.from(value as unknown[], (item, i) => this.at(i, item));
      case 'Date':
        return this.tagged('Date', Number.isNaN((value as Date).getTime()) ? null : (value as Date).toISOString());
      case 'Map': {
        const entries = Array.from(value as Map<unknown, unknown>, ([key, item], i) => [
          this.at(`${i}.key`, key),
          this.at(`${i}.value`, item),
        ]);
        return this.tagged('Map', entries);
      }
      case 'Set':
        return this.tagged(
          'Set',
          Array.from(value as Set<unknown>, (item, i) => this.at(i, item)),
        );
    }
  }

  private isRevived(value: object, type: MessageType): boolean {
    const isKnown = (each: MessageType) => this.nested.knows(each) || this.options.types?.knows(each) === true;
    if (isKnown(type)) return true;
    const declared = isDeclaredMessage(type) ? type : lineage(type).find(isKnown);
    if (!declared) return false;
    const why =
      declared === type
        ? 'its class has @Message, but neither the message nor the catalog names it'
        : `its class extends ${nameOf(declared)}, which is revived, and is itself not named`;
    throw this.refused(
      value,
      why,
      this.place.isExact === true
        ? KNOWN_BY_OPTION
        : `Add ${nameOf(type)} to the nested of @Message on ${this.place.message}, or to the catalog.`,
    );
  }

  private nestedInstance(value: object, type: MessageType): unknown {
    const { name, version } = messageIdentity(type);
    const found = this.nested.find(name) ?? this.options.types?.find(name);
    if (found !== type)
      throw this.refused(
        value,
        `"${name}" is also the name of another class, ${nameOf(found)}`,
        'Give one of them a name of its own with @Message({ name }).',
      );
    // As the reader spends on tag, name and object.
    this.budget.spend(TAG_COST);
    this.budget.spend(name.length + 2 * TAG_COST);
    this.budget.spend();
    return { [TAG]: 'class', name, version, value: this.instance(value, type) };
  }

  /**
   * Own `toJSON()`, else engine, else own enumerable fields.
   * @param revivedAs class that the reader instantiates
   */
  private instance(value: object, revivedAs?: MessageType): unknown {
    const type = isPlain(value) ? undefined : typeOf(value);
    const engine = type && this.options.engines?.find(candidate => candidate.handles(type));
    const json = jsonOf(value);
    if (revivedAs) this.checkReadable(value, json, revivedAs, engine);
    if (json !== value) return this.at('toJSON()', json);
    if (type && !engine && !(revivedAs && revives(revivedAs)) && hasPrivateFields(value))
      throw this.refused(value, 'its class has private fields (#)', convert(type));
    const plain = engine ? engine.toPlain(value) : value;
    return isObject(plain) && !builtInOf(plain) ? this.fields(plain) : this.value(plain);
  }

  /** Without `fromJSON()`, `toJSON()` may give only the fields. */
  private checkReadable(value: object, json: unknown, type: MessageType, engine: PayloadEngine | undefined): void {
    if (json === value) return;
    if (revives(type)) {
      if (revivesAnother(type, json))
        throw this.refused(value, 'the fromJSON() that its class inherits makes no instance of it', convert(type));
      return;
    }
    const fields = engine ? engine.toPlain(value) : value;
    const isSame = isObject(json) && isPlain(json) && isObject(fields) && isDeepStrictEqual({ ...json }, { ...fields });
    if (!isSame || (!engine && hasPrivateFields(value)))
      throw this.refused(
        value,
        'its class has a toJSON() but no static fromJSON() that would read what that gives',
        `Add static fromJSON(json) to ${nameOf(type)}, and return an instance of it.`,
      );
  }

  private fields(value: object): Record<string, unknown> {
    const why = stateOutsideFields(value);
    if (why !== undefined) throw this.refused(value, why);
    const fields: Record<string, unknown> = {};
    const keys = Object.keys(value);
    if (this.place.isExact && Object.getOwnPropertyNames(value).length > keys.length)
      throw this.refused(value, 'a field of it is not enumerable');
    if (keys.length === 0 && hasOnlyHiddenFields(value)) throw this.refused(value, 'none of its fields is enumerable');
    for (const key of keys) {
      if (isForbiddenKey(key))
        throw EnvelopeException.unserializable(`A field "${key}" cannot leave the process.`, this.where);
      this.budget.spend(key.length);
      define(fields, key, this.at(key, (value as Record<string, unknown>)[key]));
    }
    return Object.hasOwn(fields, TAG) ? this.tagged('object', fields) : fields;
  }

  private bigint(value: bigint): unknown {
    const digits = value.toString();
    if (digits.length > MAX_DIGITS)
      throw EnvelopeException.tooLarge(`A bigint may have ${MAX_DIGITS} digits.`, this.budget.where);
    this.budget.spend(digits.length);
    return this.tagged('bigint', digits);
  }

  private bytes(value: Uint8Array, kind: 'Uint8Array' | 'Buffer'): unknown {
    this.budget.spend(Math.ceil(value.byteLength / 3) * 4);
    return this.tagged(kind, Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64'));
  }

  private tagged(type: string, value?: unknown): Record<string, unknown> {
    this.budget.spend(TAG_COST);
    return value === undefined ? { [TAG]: type } : { [TAG]: type, value };
  }

  private at(key: string | number, value: unknown): unknown {
    if (isSame(value)) {
      this.budget.leaf(typeof value === 'string' ? value.length : 0);
      return value;
    }
    this.budget.enter(key);
    const written = this.value(value);
    this.budget.leave();
    return written;
  }

  /** @param type of the message; other objects say theirs */
  private within(value: object, type?: MessageType): unknown {
    if (this.ancestors.includes(value))
      throw EnvelopeException.unserializable('An object that contains itself cannot leave the process.', this.where);
    this.ancestors.push(value);
    const written = type === undefined ? this.object(value) : this.instance(value, type);
    this.ancestors.pop();
    return written;
  }

  private get where(): string {
    return `${this.budget.where} of ${this.place.message}`;
  }

  private inexact(value: object): EnvelopeException {
    return this.refused(value, 'it would come back as a plain object', KNOWN_BY_OPTION);
  }

  private refused(value: unknown, why?: string, remedy?: string): EnvelopeException {
    const what = `${capital(describeValue(value))} cannot leave the process${why === undefined ? '' : `: ${why}`}.`;
    return EnvelopeException.unserializable(what, this.where, remedy);
  }
}

/** In JSON, without objects. */
const isSame = (value: unknown): value is string | boolean | number =>
  typeof value === 'string' ||
  typeof value === 'boolean' ||
  (typeof value === 'number' && Number.isFinite(value) && !Object.is(value, -0));

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** V8 lists index keys first. */
const isIndex = (key: string): boolean => String(Number(key) >>> 0) === key;

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const convert = (type: MessageType): string => `Give ${nameOf(type)} a toJSON() and a static fromJSON() of its own.`;
