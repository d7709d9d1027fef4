import { createHash } from 'node:crypto';
import type { HeaderKey } from '../context/header.js';
import type { MessageContext } from '../context/message-context.js';
import { harmless } from '../dispatch/failures.js';
import type { MessageCatalog } from '../envelope/message-catalog.js';
import { messageIdentity } from '../envelope/message.decorator.js';
import { describeValue } from '../errors/describe-value.js';
import { EnvelopeException } from '../errors/envelope.exception.js';
import { nameOf, typeOfPrototype } from '../messages/inspect-message.js';
import type { MessageType } from '../messages/message.js';
import { genuine, isPromiseLike } from '../pipeline/settled.js';
import type { CachedOptions } from './cached.decorator.js';

/** Longer ones are hashed. */
const LONGEST_KEY = 300;

/** The keys of one application's queries: equal queries have one key, and no two others. */
export class CacheKeys {
  private readonly prefixes = new Map<MessageType, string>();
  private readonly owners = new Map<string, MessageType>();

  constructor(private readonly catalog: MessageCatalog) {}

  /**
   * Name, version, fields, and the headers on which the answer depends.
   * @throws EnvelopeException for what cannot be written, and what the `key` function throws
   */
  of(query: object, { key, vary }: CachedOptions, context: MessageContext): string {
    const prefix = this.prefixOf(typeOfPrototype(Object.getPrototypeOf(query) as object));
    const own = key === undefined ? JSON.stringify(sorted(this.catalog.fieldsToJSON(query))) : `=${textOf(key(query))}`;
    const headers = vary === undefined || vary.length === 0 ? '' : this.headersOf(vary, context);
    const text = `${prefix}${own}${headers}`;
    return text.length <= LONGEST_KEY ? text : `${prefix.slice(0, 100)}#${digest(text)}`;
  }

  private headersOf(vary: readonly HeaderKey<unknown>[], { allHeaders }: MessageContext): string {
    const values = vary.map(header => [
      header.name,
      this.catalog.exactToJSON(header.in(allHeaders), `the header ${header.name}`),
    ]);
    return JSON.stringify(values);
  }

  private prefixOf(type: MessageType): string {
    const known = this.prefixes.get(type);
    if (known !== undefined) return known;
    const { name, version } = messageIdentity(type);
    const prefix = `${JSON.stringify(name)}@${version}:`;
    const owner = this.owners.get(prefix);
    if (owner !== undefined) throw twoOfOneName(name, owner, type);
    this.owners.set(prefix, type);
    this.prefixes.set(type, prefix);
    return prefix;
  }
}

const textOf = (key: unknown): string => {
  if (typeof key === 'string' && key !== '') return JSON.stringify(key);
  // Nothing else would handle its failure.
  if (isPromiseLike(key)) harmless(genuine(key));
  throw EnvelopeException.unserializable(
    `The key of a cached query must be a text that is not empty, not ${key === '' ? 'an empty text' : describeValue(key)}.`,
    'key of @Cached',
    'Let the function return a text, as in key: query => String(query.id).',
  );
};

/** Fields in one order, whatever the order in which they were set. */
function sorted(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(sorted);
  if (typeof json !== 'object' || json === null || isFlatAndSorted(json)) return json;
  const entries = Object.entries(json);
  return Object.fromEntries(entries.toSorted(byName).map(([name, value]) => [name, sorted(value)]));
}

/** perf: so are the fields of most queries; to sort them again takes 11 to 23 percent of an answer from memory. */
function isFlatAndSorted(json: object): boolean {
  let before = '';
  for (const [name, value] of Object.entries(json)) {
    if (name < before || typeof value === 'object') return false;
    before = name;
  }
  return true;
}

const byName = ([one]: [string, unknown], [other]: [string, unknown]): number => (one < other ? -1 : 1);

const digest = (text: string): string => createHash('sha256').update(text).digest('base64url');

const twoOfOneName = (name: string, owner: MessageType, type: MessageType): EnvelopeException =>
  EnvelopeException.unserializable(
    `"${name}" is the name of two classes of queries, ${nameOf(owner)} and ${nameOf(type)}.`,
    nameOf(type),
    'Give one of them a name of its own with @Message({ name }).',
  );
