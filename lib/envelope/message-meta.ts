import type { Headers } from '../context/header.js';
import { EnvelopeException } from '../errors/envelope.exception.js';
import { IDENTIFIER, isIdentifier } from './identifier.js';
import { readISODate } from './iso-date.js';

/** What an envelope says about its message. */
export interface MessageMeta {
  readonly name: string;
  /** Version of its fields. */
  readonly version: number;
  /** Unknown ones are kept. */
  readonly headers: Headers;
  /** `messageId` of the dispatch. */
  readonly id?: string | undefined;
  readonly time?: Date | undefined;
  /** Shared by a chain of dispatches. */
  readonly correlationId?: string | undefined;
  /** `messageId` of the cause. */
  readonly causationId?: string | undefined;
}

/** The same in JSON. */
export interface MessageMetaJSON {
  readonly name: string;
  readonly version: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly id?: string;
  readonly time?: string;
  readonly correlationId?: string;
  readonly causationId?: string;
}

/** Without headers, which need a payload reader. */
export function readMeta(json: unknown): Partial<Omit<MessageMeta, 'headers'>> {
  if (json === undefined) return {};
  if (!isRecord(json)) throw EnvelopeException.malformed('The meta of an envelope must be an object.', 'meta');
  const version = ownField(json, 'version');
  if (version !== undefined && (!Number.isSafeInteger(version) || (version as number) < 1))
    throw EnvelopeException.malformed('The version of a message must be a positive integer.', 'meta.version');
  return definedOnly({
    name: text(json, 'name'),
    version: version as number | undefined,
    id: text(json, 'id'),
    time: readTime(ownField(json, 'time'), 'meta.time'),
    correlationId: text(json, 'correlationId'),
    causationId: text(json, 'causationId'),
  });
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Reads nothing from prototypes. */
export const ownField = (record: Record<string, unknown>, key: string): unknown =>
  Object.hasOwn(record, key) ? record[key] : undefined;

export const ownFields = (record: Record<string, unknown>): Record<string, unknown> =>
  Object.assign(Object.create(null) as Record<string, unknown>, record);

/** @returns the same object if none of its fields is undefined */
export function definedOnly<T extends object>(fields: T): T {
  const keys = Object.keys(fields) as (keyof T & string)[];
  if (keys.every(key => fields[key] !== undefined)) return fields;
  const defined = {} as T;
  for (const key of keys) if (fields[key] !== undefined) define(defined, key, fields[key]);
  return defined;
}

/** An assignment would throw if a frozen prototype has the key. */
export function define(fields: object, key: string, value: unknown): void {
  if (!(key in fields)) (fields as Record<string, unknown>)[key] = value;
  else Object.defineProperty(fields, key, { value, enumerable: true, configurable: true, writable: true });
}

export function readTime(value: unknown, path: string): Date | undefined {
  if (value === undefined) return undefined;
  const time = readISODate(value);
  if (time === undefined) throw EnvelopeException.malformed('The time of a message must be a date in ISO 8601.', path);
  return time;
}

function text(meta: Record<string, unknown>, field: string): string | undefined {
  const value = ownField(meta, field);
  if (value === undefined) return undefined;
  if (!isIdentifier(value))
    throw EnvelopeException.malformed(`The ${field} of a message must be ${IDENTIFIER}.`, `meta.${field}`);
  return value;
}

/**
 * Refuses an identifier that no reader would take: a message that was stored with it could never be handled.
 * @throws EnvelopeException (CQRS_UNSERIALIZABLE)
 */
export function writableIdentifier(field: string, value: string): string {
  if (isIdentifier(value)) return value;
  throw unwritable(`The ${field} of a message must be ${IDENTIFIER}`, `meta.${field}`);
}

export const unwritable = (what: string, path: string): EnvelopeException =>
  EnvelopeException.unserializable(`${what}, to leave the process.`, path, 'Give the dispatch such a text.');
