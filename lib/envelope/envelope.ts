import type { Headers } from '../context/header.js';
import type { DispatchOptions, MessageContext } from '../context/message-context.js';
import { EnvelopeException } from '../errors/envelope.exception.js';
import { UnknownMessageException } from '../errors/unknown-message.exception.js';
import { nameOf } from '../messages/inspect-message.js';
import type { MessageType } from '../messages/message.js';
import type { EnvelopeOptions } from './envelope-options.js';
import { definedOnly, isRecord, ownFields, readMeta, type MessageMeta, type MessageMetaJSON } from './message-meta.js';
import { isDeclaredMessage, messageIdentity } from './message.decorator.js';
import { isOneLine } from './identifier.js';
import { NestedTypes } from './nested-types.js';
import { typeOf } from './payload-tags.js';
import { typed } from './typed.js';
import { parseEnvelope } from './parse-envelope.js';
import { PayloadReader } from './payload-reader.js';
import { PayloadWriter } from './payload-writer.js';

/** An envelope in JSON. */
export interface EnvelopeJSON {
  readonly meta: MessageMetaJSON;
  readonly payload: unknown;
}

/**
 * A message in a form that can leave the process. `toJSON()` writes it, `Envelope.fromJSON()` reads it; Date, Map,
 * Set, bigint, bytes, undefined, NaN and instances of nested classes survive.
 */
export class Envelope<T = unknown> {
  /** What it says about the message. */
  readonly meta: MessageMeta;
  readonly #options: EnvelopeOptions;

  /**
   * @param payload the message
   * @param meta what it says about it; name and version are those of the class if left out
   * @param options limits, engines, classes that may occur in payloads
   */
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

  /**
   * Puts a message and what is known of its dispatch into an envelope.
   * @param message an instance of a message class
   * @param context of its dispatch; headers that do not travel stay behind
   * @param options limits, engines, classes that may occur in payloads
   */
  static of<T extends object>(message: T, context: MessageContext, options?: EnvelopeOptions): Envelope<T> {
    const { messageId: id, timestamp: time, correlationId, causationId } = context;
    const headers = Object.fromEntries(Object.entries(context.headers));
    return new Envelope(message, { id, time, correlationId, causationId, headers }, options);
  }

  /**
   * Reads an envelope.
   * @param json what `toJSON()` made, parsed or as text
   * @param type class of the message. Its constructor does not run; its `static fromJSON()` does, if it has one.
   * @param options limits, engines, classes that may occur in payloads
   * @returns an envelope whose payload is an instance of the class, in the version of the class
   * @throws EnvelopeException, UnknownMessageException (another message), MessageVersionException
   */
  static fromJSON<T extends object>(json: unknown, type: MessageType<T>, options: EnvelopeOptions = {}): Envelope<T> {
    return typed(() => readEnvelope(json, type, options), unreadable);
  }

  /** What a bus is told when the message is dispatched where it arrived: same identifiers, same headers, validated. */
  get dispatchOptions(): DispatchOptions {
    const { id: messageId, correlationId, causationId, headers } = this.meta;
    return definedOnly({ messageId, correlationId, causationId, headers, fromOutside: true });
  }

  /**
   * The envelope as JSON, for `JSON.stringify` and whatever takes JSON.
   * @throws EnvelopeException for what cannot be carried, and beyond the limits
   */
  toJSON(): EnvelopeJSON {
    const type = typeOf(this.payload);
    const nested = new NestedTypes(type);
    const { name, version, headers, time, id, correlationId, causationId } = this.meta;
    const message = type ? nameOf(type) : name;
    const writer = new PayloadWriter(this.#options, nested, { message, root: 'meta.headers' });
    const meta: MessageMetaJSON = {
      name,
      version,
      headers: writer.value(headers) as Record<string, unknown>,
      ...definedOnly({ id, time: time?.toISOString(), correlationId, causationId }),
    };
    return { meta, payload: new PayloadWriter(this.#options, nested, { message }).message(this.payload) };
  }
}

function readEnvelope<T extends object>(json: unknown, type: MessageType<T>, options: EnvelopeOptions): Envelope<T> {
  const envelope = parseEnvelope(json, options.limits);
  const identity = messageIdentity(type);
  const { name = identity.name, version = identity.version, ...rest } = readMeta(envelope.meta);
  // Where the class says no name, the reader has said which class it is.
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
  const json = isRecord(meta) ? ownFields(meta)['headers'] : undefined;
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

/** What was given as an envelope throws when it is looked at, as accessors and proxies do. */
export const unreadable = (cause: unknown): EnvelopeException =>
  EnvelopeException.malformed('The envelope throws when it is read.', undefined, cause);
