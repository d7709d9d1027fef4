import { EnvelopeException } from '../errors/envelope.exception.js';
import { UnknownMessageException } from '../errors/unknown-message.exception.js';
import { nameOf } from '../messages/inspect-message.js';
import type { MessageType } from '../messages/message.js';
import { EnvelopeBudget, type EnvelopeOptions, type RevivableTypes } from './envelope-options.js';
import { define, type MessageMeta } from './message-meta.js';
import { readISODate } from './iso-date.js';
import { collide } from './key-collisions.js';
import { nearNames } from '../options/near-names.js';
import type { WithFromJSON } from './self-conversion.js';
import { isPlain } from '../options/option-rules.js';
import { isForbiddenKey, MAX_DIGITS, ODD_NUMBERS, TAG, TAG_COST } from './payload-tags.js';
import { upcast } from './upcast.js';

type Fields = Record<string, unknown>;

/**
 * In one pass: instantiates only classes that the application named, runs no constructor, reads nothing from
 * prototypes.
 */
export class PayloadReader {
  private readonly budget: EnvelopeBudget;

  /** @param root what paths in errors begin with */
  constructor(
    private readonly options: EnvelopeOptions,
    private readonly nested: RevivableTypes,
    private readonly meta: MessageMeta,
    root?: string,
  ) {
    this.budget = new EnvelopeBudget(options.limits, root);
  }

  message(json: unknown, type: MessageType, version: number): object {
    return this.instance(this.value(json), type, version);
  }

  value(json: unknown): unknown {
    this.budget.spend(typeof json === 'string' ? json.length : 0);
    if (typeof json === 'bigint' || typeof json === 'symbol' || typeof json === 'function')
      throw this.malformed(`JSON has no ${typeof json}.`);
    if (typeof json !== 'object' || json === null) return json;
    if (Array.isArray(json)) return this.items(json);
    if (!isPlain(json)) throw this.malformed('JSON has no instances of classes.');
    return Object.hasOwn(json, TAG) ? this.tagged(json) : this.fields(json);
  }

  private fields(json: object): Fields {
    const read: Fields = {};
    for (const key of Object.keys(json)) {
      if (isForbiddenKey(key)) throw this.malformed(`An object in an envelope must not have a field "${key}".`);
      this.budget.spend(key.length);
      define(read, key, this.at(key, (json as Fields)[key]));
    }
    return read;
  }

  private tagged(json: Fields): unknown {
    const { [TAG]: tag, value } = json;
    this.budget.spend(TAG_COST);
    switch (tag) {
      case 'undefined':
        return undefined;
      case 'number':
        return this.number(value);
      case 'bigint':
        return this.bigint(value);
      case 'Date':
        return this.date(value);
      case 'Uint8Array':
        return new Uint8Array(this.bytes(value));
      case 'Buffer':
        return this.bytes(value);
      case 'Set':
        return new Set(this.spread(this.items(this.list(value))));
      case 'Map': {
        const entries = this.items(this.list(value), (entry, i) => this.entry(entry, i));
        this.spread(entries.map(([key]) => key));
        return new Map(entries);
      }
      case 'object':
        return this.fields(this.record(value));
      case 'class':
        return this.nestedInstance(json);
      default:
        throw this.malformed('An object in an envelope is of an unknown kind.');
    }
  }

  private nestedInstance({ name, version = 1, value }: Fields): object {
    if (typeof name !== 'string' || name.length > 512 || !Number.isSafeInteger(version) || (version as number) < 1)
      throw this.malformed('A nested instance must say its class by a name and a version.');
    this.budget.spend(name.length + 2 * TAG_COST);
    const type = this.nested.find(name) ?? this.options.types?.find(name);
    if (!type) {
      const known = [...this.nested.names(), ...(this.options.types?.names() ?? [])];
      throw new UnknownMessageException(name, nearNames(name, known), this.budget.where);
    }
    return this.instance(this.value(value), type, version as number);
  }

  private instance(received: unknown, type: MessageType, version: number): object {
    const payload = upcast(received, type, version, this.meta);
    const host = type as unknown as Partial<WithFromJSON>;
    const engine = this.options.engines?.find(candidate => candidate.handles(type));
    const revive =
      typeof host.fromJSON === 'function'
        ? () => host.fromJSON!(payload)
        : engine && (() => engine.fromPlain(this.record(payload), type));
    if (!revive) return assign(type, this.record(payload));
    const revived = this.guarded(revive, type);
    if (!(revived instanceof type)) throw this.malformed(`What revives ${nameOf(type)} did not return one.`);
    return revived;
  }

  /** Errors of classes and engines here are faults of the envelope. */
  private guarded(revive: () => unknown, type: MessageType): unknown {
    try {
      return revive();
    } catch (error) {
      if (error instanceof EnvelopeException) throw error;
      throw EnvelopeException.malformed(
        `${nameOf(type)} cannot be revived from these fields.`,
        this.budget.where,
        error,
      );
    }
  }

  private number(value: unknown): number {
    const number = ODD_NUMBERS.get(value as string);
    if (number === undefined) throw this.malformed('A number that JSON lacks is one of NaN, Infinity, -Infinity, -0.');
    return number;
  }

  private bigint(value: unknown): bigint {
    if (typeof value !== 'string' || value.length > MAX_DIGITS + 1 || !/^-?\d+$/.test(value))
      throw this.malformed(`A bigint must be a text of up to ${MAX_DIGITS} digits.`);
    this.budget.spend(value.length);
    return BigInt(value);
  }

  private date(value: unknown): Date {
    if (value === null) return new Date(NaN);
    const date = readISODate(value);
    if (date === undefined) throw this.malformed('A Date must be a text in ISO 8601.');
    return date;
  }

  private bytes(value: unknown): Buffer {
    if (typeof value !== 'string' || value.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(value))
      throw this.malformed('Bytes must be a text in base64.');
    this.budget.spend(value.length);
    return Buffer.from(value, 'base64');
  }

  private entry(entry: unknown, i: number): [unknown, unknown] {
    const pair = this.list(entry);
    if (pair.length !== 2) throw this.malformed('An entry of a Map must be a pair.');
    return [this.at(`${i}.key`, pair[0]), this.at(`${i}.value`, pair[1])];
  }

  /** JSON has no empty places. */
  private items<T = unknown>(
    list: readonly unknown[],
    read = (item: unknown, i: number) => this.at(i, item) as T,
  ): T[] {
    this.budget.reserve(list.length);
    const items: T[] = [];
    for (let i = 0; i < list.length; i++) {
      if (!Object.hasOwn(list, i)) throw this.malformed('A list in an envelope must not have empty places.');
      items.push(read(list[i], i));
    }
    return items;
  }

  private spread<T>(keys: T[]): T[] {
    if (!collide(keys)) return keys;
    throw EnvelopeException.tooLarge(
      'The keys of a Set or Map collide, as keys do that were chosen to.',
      this.budget.where,
    );
  }

  private list(value: unknown): unknown[] {
    if (!Array.isArray(value)) throw this.malformed('A list is missing.');
    return value;
  }

  private record(value: unknown): Fields {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !isPlain(value))
      throw this.malformed('The fields of an instance must be an object.');
    return value;
  }

  private at(key: string | number, json: unknown): unknown {
    if (typeof json === 'string' || typeof json === 'number' || typeof json === 'boolean') {
      this.budget.leaf(typeof json === 'string' ? json.length : 0);
      return json;
    }
    this.budget.enter(key);
    const read = this.value(json);
    this.budget.leave();
    return read;
  }

  private malformed(what: string): EnvelopeException {
    return EnvelopeException.malformed(what, this.budget.where);
  }
}

/** Runs neither constructor nor setters. */
function assign(type: MessageType, fields: Fields): object {
  const instance = Object.create(type.prototype as object) as object;
  for (const key of Object.keys(fields)) define(instance, key, fields[key]);
  return instance;
}
