import { travelling, type Headers } from '../context/header.js';
import { withLeavingHeaders } from '../context/leaving-headers.js';
import type { DispatchOptions, MessageContext } from '../context/message-context.js';
import { EnvelopeException } from '../errors/envelope.exception.js';
import { UnknownMessageException } from '../errors/unknown-message.exception.js';
import { nameOf } from '../messages/inspect-message.js';
import type { MessageType } from '../messages/message.js';
import type { EnvelopeOptions } from './envelope-options.js';
import {
  definedOnly,
  isRecord,
  ownField,
  readMeta,
  unwritable,
  writableIdentifier,
  type MessageMeta,
  type MessageMetaJSON,
} from './message-meta.js';
import { isDeclaredMessage, messageIdentity } from './message.decorator.js';
import { isOneLine } from './identifier.js';
import { NestedTypes } from './nested-types.js';
import { typeOf } from './payload-tags.js';
import { typed } from './typed.js';
import { parseEnvelope, type EnvelopeParts } from './parse-envelope.js';
import { PayloadReader } from './payload-reader.js';
import { PayloadWriter } from './payload-writer.js';

/** An envelope in JSON. */
export interface EnvelopeJSON {
  readonly meta: MessageMetaJSON;
  readonly payload: unknown;
}

/**
 * A message that can leave the process, with Date, Map, Set, bigint, bytes, undefined, NaN and nested classes.
 */
export class Envelope<T = unknown> {
  readonly meta: MessageMeta;
  readonly #options: EnvelopeOptions;

  /** @param meta name and version default to the class's */
  constructor(
    readonly payload: T,
    meta: Partial<MessageMeta> = {},
    options: EnvelopeOptions = {},
  ) {
    const type = typeOf(payload);
    const { name, version } = type ? messageIdentity(type) : { name: typeof payload, version: 1 };
    this.meta = Object.freeze({ name, version, ...definedOnly(meta), headers: Object.freeze({ ...meta.headers }) });
    this.#options = options;
  }

  /** Wraps a message and its context, with the headers that travel. */
  static of<T extends object>(message: T, context: MessageContext, options?: EnvelopeOptions): Envelope<T> {
    return new Envelope(message, aboutOf(context), options);
  }

  /**
   * Reads an envelope.
   * @param json parsed or text
   * @param type its constructor does not run; its `static fromJSON()` does
   * @returns payload as an instance of the class, in its version
   * @throws EnvelopeException, UnknownMessageException (another message), MessageVersionException
   */
  static fromJSON<T extends object>(json: unknown, type: MessageType<T>, options: EnvelopeOptions = {}): Envelope<T> {
    return typed(() => {
      const parts = parseEnvelope(json, options.limits);
      return readEnvelope(parts, readMeta(parts.meta), type, options);
    }, unreadable);
  }

  /** To dispatch the received message: same identifiers and headers, validated. */
  get dispatchOptions(): DispatchOptions {
    const { id: messageId, correlationId, causationId, headers } = this.meta;
    return definedOnly({ messageId, correlationId, causationId, headers, fromOutside: true });
  }

  /**
   * Called by `JSON.stringify`.
   * @throws EnvelopeException for content that cannot be carried, and beyond the limits
   */
  toJSON(): EnvelopeJSON {
    return writeEnvelope(this.payload, this.meta, this.#options);
  }
}

/** What an envelope says of the context of its message. */
export function aboutOf(context: MessageContext): Omit<MessageMeta, 'name' | 'version'> {
  const { messageId: id, timestamp: time, correlationId, causationId } = context;
  return { id, time, correlationId, causationId, headers: travelling(withLeavingHeaders(context)) };
}

/** Writes a message and what is said about it, without an envelope between. */
export function writeEnvelope(payload: unknown, about: MessageMeta, options: EnvelopeOptions): EnvelopeJSON {
  const type = typeOf(payload);
  const nested = new NestedTypes(type);
  const message = type ? nameOf(type) : about.name;
  const { name, version, time, id, correlationId, causationId } = about;
  const hasHeaders = Object.keys(about.headers).length > 0;
  const oddName = hasHeaders ? Object.keys(about.headers).find(key => !isOneLine(key)) : undefined;
  if (oddName !== undefined) throw unwritable('The name of a header must be a text on one line', 'meta.headers');
  const headers = hasHeaders
    ? new PayloadWriter(options, nested, { message, root: 'meta.headers' }).value(about.headers)
    : {};
  const meta: Writable<MessageMetaJSON> = { name, version, headers: headers as Record<string, unknown> };
  if (id !== undefined) meta.id = writableIdentifier('id', id);
  if (time !== undefined) meta.time = time.toISOString();
  if (correlationId !== undefined) meta.correlationId = writableIdentifier('correlationId', correlationId);
  if (causationId !== undefined) meta.causationId = writableIdentifier('causationId', causationId);
  return { meta, payload: new PayloadWriter(options, nested, { message }).message(payload) };
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

export function readEnvelope<T extends object>(
  envelope: EnvelopeParts,
  meta: Partial<Omit<MessageMeta, 'headers'>>,
  type: MessageType<T>,
  options: EnvelopeOptions,
): Envelope<T> {
  const identity = messageIdentity(type);
  const { name = identity.name, version = identity.version, ...rest } = meta;
  // A nameless class matches any: the reader chose it.
  if (identity.isNamed && name !== identity.name && !identity.aliases.includes(name))
    throw new UnknownMessageException(name, [identity.name], `Envelope.fromJSON(…, ${type.name})`);
  const headers = readHeaders(envelope.meta, type, options);
  const received: MessageMeta = { name, version, headers, ...rest };
  const reader = new PayloadReader(options, new NestedTypes(type), received);
  const payload = reader.message(envelope.payload, type, version) as T;
  const current = {
    name: identity.isNamed ? identity.name : name,
    version: isDeclaredMessage(type) ? identity.version : version,
  };
  return new Envelope(payload, { ...received, ...current }, options);
}

function readHeaders(meta: unknown, type: MessageType, options: EnvelopeOptions): Headers {
  const json = isRecord(meta) ? ownField(meta, 'headers') : undefined;
  if (json === undefined) return {};
  const nothing: MessageMeta = { name: '', version: 1, headers: {} };
  const headers = new PayloadReader(options, new NestedTypes(type), nothing, 'meta.headers').value(json);
  if (!isRecord(headers))
    throw EnvelopeException.malformed('The headers of an envelope must be an object.', 'meta.headers');
  for (const name of Object.keys(headers))
    if (!isOneLine(name))
      throw EnvelopeException.malformed('The name of a header must be a text on one line.', 'meta.headers');
  return headers;
}

/** For accessors and proxies that throw. */
export const unreadable = (cause: unknown): EnvelopeException =>
  EnvelopeException.malformed('The envelope throws when it is read.', undefined, cause);
