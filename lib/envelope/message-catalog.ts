import type { MessageContext } from '../context/message-context.js';
import { DuplicateMessageNameException } from '../errors/duplicate-message-name.exception.js';
import { EnvelopeException } from '../errors/envelope.exception.js';
import { UnknownMessageException } from '../errors/unknown-message.exception.js';
import { nameOf } from '../messages/inspect-message.js';
import type { MessageType } from '../messages/message.js';
import { aboutOf, Envelope, readEnvelope, unreadable, writeEnvelope, type EnvelopeJSON } from './envelope.js';
import type { EnvelopeLimits, EnvelopeOptions, RevivableTypes } from './envelope-options.js';
import { messageIdentity, nestedTypesOf } from './message.decorator.js';
import { readMeta, type MessageMeta } from './message-meta.js';
import { NestedTypes } from './nested-types.js';
import { nearNames } from '../options/near-names.js';
import { parseEnvelope } from './parse-envelope.js';
import { PayloadReader } from './payload-reader.js';
import { PayloadWriter } from './payload-writer.js';
import { typeOf } from './payload-tags.js';
import { ServedTypes } from './served-types.js';
import { typed } from './typed.js';

/**
 * The messages that may enter a process, by name. Nest fills it with handled ones; elsewhere
 * `new MessageCatalog([CreateUser, UserCreated])`.
 */
export class MessageCatalog implements RevivableTypes, Iterable<[string, MessageType]> {
  private readonly byName = new Map<string, MessageType>();
  private readonly types = new Set<MessageType>();
  private readonly served = new ServedTypes();
  /** perf: made once, not per envelope: V8 is slow to add a field to a copy of an object, 2 % of a remote call. */
  private readonly options: EnvelopeOptions;

  /**
   * @param types of messages, and of values inside messages
   * @throws DuplicateMessageNameException
   */
  constructor(types: Iterable<MessageType> = [], options: Omit<EnvelopeOptions, 'types'> = {}) {
    this.options = { ...options, types: this };
    for (const type of types) this.register(type);
  }

  get limits(): EnvelopeLimits | undefined {
    return this.options.limits;
  }

  get size(): number {
    return new Set([...this].map(([, type]) => type)).size;
  }

  /**
   * Adds a class and its `@Message({ nested })` classes, once.
   * @throws DuplicateMessageNameException if another class has its name or an alias; then nothing changes
   */
  register(type: MessageType): this {
    if (this.types.has(type)) return this;
    const { name, aliases } = messageIdentity(type);
    const names = [name, ...aliases];
    for (const claimed of names) {
      const present = this.byName.get(claimed);
      if (present) throw new DuplicateMessageNameException(claimed, nameOf(present), nameOf(type));
    }
    this.types.add(type);
    for (const claimed of names) this.byName.set(claimed, type);
    for (const inner of nestedTypesOf(type)) this.register(inner);
    return this;
  }

  /**
   * Adds subclasses served by a handler of this class; registered classes go first.
   * @internal
   */
  serve(type: MessageType): void {
    this.served.add(type);
  }

  /**
   * Returns a function that forgets the classes added since.
   * @internal
   */
  checkpoint(): () => void {
    const [byName, types] = [[...this.byName], [...this.types]];
    const forgetServed = this.served.checkpoint();
    return () => {
      forgetServed();
      this.byName.clear();
      this.types.clear();
      for (const [name, type] of byName) this.byName.set(name, type);
      for (const type of types) this.types.add(type);
    };
  }

  /** Whether a class is known. */
  knows(type: MessageType): boolean {
    return this.types.has(type) || (this.served.knows(type) && this.withNested(type) !== undefined);
  }

  /**
   * Finds a class by name or alias.
   * @throws DuplicateMessageNameException if the name is not registered and two served subclasses have it
   */
  find(name: string): MessageType | undefined {
    return this.byName.get(name) ?? this.withNested(this.served.find(name));
  }

  /**
   * Like `find()`.
   * @throws UnknownMessageException, with near names
   */
  get(name: string): MessageType {
    const type = this.find(name);
    if (!type) throw new UnknownMessageException(name, nearNames(name, this.names()), 'MessageCatalog');
    return type;
  }

  /** All names and aliases. */
  *names(): IterableIterator<string> {
    for (const [name] of this) yield name;
  }

  /** Names and aliases with their classes. */
  *[Symbol.iterator](): IterableIterator<[string, MessageType]> {
    yield* this.byName;
    for (const entry of this.served.entries()) if (!this.byName.has(entry[0])) yield entry;
  }

  /**
   * Puts a message into an envelope.
   * @param about its context, or fields of `meta`
   */
  envelope<T extends object>(message: T, about?: MessageContext | Partial<MessageMeta>): Envelope<T> {
    const type = typeOf(message);
    if (type && !this.types.has(type)) this.served.write(type);
    return isContext(about) ? Envelope.of(message, about, this.options) : new Envelope(message, about, this.options);
  }

  /**
   * What the envelope of a message and its context is in JSON.
   * perf: no envelope is made, 3 µs.
   * @internal
   */
  write(message: object, context: MessageContext): EnvelopeJSON {
    const type = typeOf(message);
    if (type && !this.types.has(type)) this.served.write(type);
    const { name, version } = type ? messageIdentity(type) : { name: typeof message, version: 1 };
    return writeEnvelope(message, { name, version, ...aboutOf(context) }, this.options);
  }

  /**
   * Reads an envelope of any known message.
   * @param json parsed or text
   * @throws EnvelopeException, UnknownMessageException, MessageVersionException
   */
  fromJSON(json: unknown): Envelope<object> {
    return typed(() => this.read(json), unreadable);
  }

  /**
   * Writes a value other than a message: a result, or the fields of an error.
   * @param what for errors
   * @throws EnvelopeException
   * @internal
   */
  valueToJSON(value: unknown, what: string): unknown {
    return new PayloadWriter(this.options, NOT_NESTED, { message: what, root: 'value' }).value(value);
  }

  /**
   * Like `valueToJSON()`; refuses a value that would not come back as it is.
   * @throws EnvelopeException
   * @internal
   */
  exactToJSON(value: unknown, what: string): unknown {
    return new PayloadWriter(this.options, NOT_NESTED, { message: what, root: 'value', isExact: true }).value(value);
  }

  /**
   * Writes the fields of a message, as its envelope has them; refuses those of which two may have one JSON.
   * @throws EnvelopeException
   * @internal
   */
  fieldsToJSON(message: object): unknown {
    const type = typeOf(message);
    const place = { message: type ? nameOf(type) : typeof message, isExact: true };
    return new PayloadWriter(this.options, new NestedTypes(type), place).message(message);
  }

  /**
   * Reads what `valueToJSON()` wrote.
   * @throws EnvelopeException
   * @internal
   */
  valueFromJSON(json: unknown): unknown {
    return typed(() => new PayloadReader(this.options, NOT_NESTED, NO_META, 'value').value(json), unreadable);
  }

  private withNested(type: MessageType | undefined): MessageType | undefined {
    for (const inner of type ? nestedTypesOf(type) : []) this.register(inner);
    return type;
  }

  private read(json: unknown): Envelope<object> {
    const parsed = parseEnvelope(json, this.options.limits);
    const meta = readMeta(parsed.meta);
    if (meta.name === undefined)
      throw EnvelopeException.malformed('The envelope does not say what message it holds.', 'meta.name');
    return readEnvelope(parsed, meta, this.get(meta.name), this.options);
  }
}

const NOT_NESTED = new NestedTypes(undefined);

const NO_META: MessageMeta = { name: '', version: 1, headers: {} };

const isContext = (about: MessageContext | Partial<MessageMeta> | undefined): about is MessageContext =>
  about !== undefined && 'messageId' in about;
