import { messageId } from '../context/message-id.js';
import { EnvelopeException } from '../errors/envelope.exception.js';
import type { MessageType } from '../messages/message.js';
import { Envelope, unreadable } from './envelope.js';
import type { EnvelopeLimits, EnvelopeOptions } from './envelope-options.js';
import { MessageCatalog } from './message-catalog.js';
import { definedOnly, isRecord, ownFields } from './message-meta.js';
import { parseText } from './parse-envelope.js';
import { typed } from './typed.js';

/** A CloudEvent 1.0 in JSON format, with `data` in JSON. */
export interface CloudEventJSON {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject?: string;
  readonly time?: string;
  readonly datacontenttype?: string;
  readonly dataschema?: string;
  readonly data?: unknown;
  readonly [extension: string]: unknown;
}

/** Attributes that an envelope does not know. */
export interface CloudEventOptions {
  /** The sender: a URI reference, as `/shop/orders`. */
  readonly source: string;
  /** Subject within the source. Default: none. */
  readonly subject?: string | undefined;
}

/** Extension names: lower-case letters and digits. */
const VERSION = 'messageversion';
const CORRELATION = 'correlationid';
const CAUSATION = 'causationid';
/** JSON text of headers that cannot be extensions. */
const HEADERS = 'messageheaders';

const ATTRIBUTES: ReadonlySet<string> = new Set([
  VERSION,
  CORRELATION,
  CAUSATION,
  HEADERS,
  'specversion',
  'id',
  'source',
  'type',
  'subject',
  'time',
  'datacontenttype',
  'dataschema',
  'data',
  'data_base64',
]);

/**
 * Writes a CloudEvent 1.0: `type` is the message name, `data` the payload; `correlationid`, `causationid`,
 * `messageversion` are extensions, as are headers where name and value allow. `id` is `meta.id`, else new.
 * @throws EnvelopeException for content that cannot be carried, and without a source
 */
export function toCloudEvent(envelope: Envelope, { source, subject }: CloudEventOptions): CloudEventJSON {
  if (typeof source !== 'string' || source === '')
    throw EnvelopeException.unserializable('A CloudEvent must say its source.', 'source');
  const { meta, payload } = envelope.toJSON();
  const headers = Object.entries(meta.headers);
  const rest = headers.filter(([name, value]) => !isExtension(name, value));
  return definedOnly({
    ...Object.fromEntries(headers.filter(([name, value]) => isExtension(name, value))),
    specversion: '1.0' as const,
    id: meta.id ?? messageId(),
    source,
    type: meta.name,
    subject,
    time: meta.time,
    datacontenttype: 'application/json',
    [VERSION]: meta.version,
    [CORRELATION]: meta.correlationId,
    [CAUSATION]: meta.causationId,
    [HEADERS]: rest.length > 0 ? JSON.stringify(Object.fromEntries(rest)) : undefined,
    data: payload,
  }) as CloudEventJSON;
}

/**
 * Reads a CloudEvent 1.0. Other extensions, `source`, `subject` and `dataschema` become headers.
 * @param event parsed or text
 * @param target class, or a catalog that finds it by `type`
 * @param options as for `Envelope.fromJSON`; a catalog has its own
 * @throws as `Envelope.fromJSON`
 */
export function fromCloudEvent<T extends object>(
  event: unknown,
  target: MessageType<T>,
  options?: EnvelopeOptions,
): Envelope<T>;
export function fromCloudEvent(event: unknown, target: MessageCatalog): Envelope<object>;
export function fromCloudEvent(
  event: unknown,
  target: MessageType | MessageCatalog,
  options?: EnvelopeOptions,
): Envelope<object> {
  return typed(() => readCloudEvent(event, target, options), unreadable);
}

function readCloudEvent(
  event: unknown,
  target: MessageType | MessageCatalog,
  options: EnvelopeOptions | undefined,
): Envelope<object> {
  const limits = target instanceof MessageCatalog ? target.limits : options?.limits;
  const fields = readEvent(event, limits);
  const headers = Object.fromEntries(
    Object.entries(fields).filter(([name]) => KEPT.has(name) || !ATTRIBUTES.has(name)),
  );
  const json = {
    meta: definedOnly({
      name: fields['type'],
      version: fields[VERSION] ?? 1,
      id: fields['id'],
      time: fields['time'],
      correlationId: fields[CORRELATION],
      causationId: fields[CAUSATION],
      headers: { ...headers, ...readHeaders(fields[HEADERS], limits) },
    }),
    payload: fields['data'],
  };
  return target instanceof MessageCatalog ? target.fromJSON(json) : Envelope.fromJSON(json, target, options);
}

const KEPT = new Set(['source', 'subject', 'dataschema']);

/** CloudEvents 1.0.2, sections 3.1 and 3.1.1. */
const isExtension = (name: string, value: unknown): boolean =>
  /^[a-z0-9]{1,20}$/.test(name) &&
  !ATTRIBUTES.has(name) &&
  (typeof value === 'boolean' ||
    (typeof value === 'string' && value !== '') ||
    (Number.isInteger(value) && Math.abs(value as number) < 2 ** 31));

function readEvent(event: unknown, limits: EnvelopeLimits | undefined): Record<string, unknown> {
  const parsed = parseText(event, limits);
  if (!isRecord(parsed)) throw EnvelopeException.malformed('A CloudEvent must be an object.');
  const fields = ownFields(parsed);
  for (const required of ['id', 'source', 'type'])
    if (typeof fields[required] !== 'string' || fields[required] === '')
      throw EnvelopeException.malformed(`A CloudEvent must have the attribute "${required}".`, required);
  if (fields['specversion'] !== '1.0')
    throw EnvelopeException.malformed('Only CloudEvents of version 1.0 are read.', 'specversion');
  if (fields['data_base64'] !== undefined)
    throw EnvelopeException.malformed('The data of a CloudEvent must be JSON, not bytes.', 'data_base64');
  return fields;
}

function readHeaders(text: unknown, limits: EnvelopeLimits | undefined): Record<string, unknown> {
  if (text === undefined) return {};
  const headers = typeof text === 'string' ? parseText(text, limits) : undefined;
  if (!isRecord(headers)) throw EnvelopeException.malformed('The headers must be an object in JSON text.', HEADERS);
  return headers;
}
