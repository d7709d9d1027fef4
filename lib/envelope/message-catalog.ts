import type { MessageContext } from '../context/message-context.js';
import { DuplicateMessageNameException } from '../errors/duplicate-message-name.exception.js';
import { EnvelopeException } from '../errors/envelope.exception.js';
import { UnknownMessageException } from '../errors/unknown-message.exception.js';
import { nameOf } from '../messages/inspect-message.js';
import type { MessageType } from '../messages/message.js';
import { Envelope, unreadable } from './envelope.js';
import type { EnvelopeLimits, EnvelopeOptions, RevivableTypes } from './envelope-options.js';
import { messageIdentity, nestedTypesOf } from './message.decorator.js';
import { readMeta, type MessageMeta } from './message-meta.js';
import { nearNames } from '../options/near-names.js';
import { parseEnvelope } from './parse-envelope.js';
import { typeOf } from './payload-tags.js';
import { ServedTypes } from './served-types.js';
import { typed } from './typed.js';

/**
 * The messages that may enter a process, by name. In Nest the module fills it with what has a handler; elsewhere
 * `new MessageCatalog([CreateUser, UserCreated])`.
 */
export class MessageCatalog implements RevivableTypes, Iterable<[string, MessageType]> {
  private readonly byName = new Map<string, MessageType>();
  private readonly types = new Set<MessageType>();
  private readonly served = new ServedTypes();

  /**
   * @param types classes of messages, and of what messages hold
   * @param options limits and engines of all envelopes
   * @throws DuplicateMessageNameException
   */
  constructor(
    types: Iterable<MessageType> = [],
    private readonly options: Omit<EnvelopeOptions, 'types'> = {},
  ) {
    for (const type of types) this.register(type);
  }

  /** How much an envelope may hold. */
  get limits(): EnvelopeLimits | undefined {
    return this.options.limits;
  }

  /** How many classes it knows. */
  get size(): number {
    return new Set([...this].map(([, type]) => type)).size;
  }

  /**
   * Makes a class known, and the classes of its `@Message({ nested })`. A second time does nothing.
   * @throws DuplicateMessageNameException if another class has its name or one of its aliases; then nothing has changed
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
   * Makes known whatever extends a class, as a handler of the class serves it: subclasses with `@Message`, whenever they are
   * loaded, and others once this catalog has written one. What has been registered goes first.
   * @internal
   */
  serve(type: MessageType): void {
    this.served.add(type);
  }

  /**
   * Keeps in mind what is known now.
   * @returns forgets what has become known since
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
   * The class with this name or alias; undefined if there is none.
   * @throws DuplicateMessageNameException for a name that is not registered and that two subclasses of handled classes have
   */
  find(name: string): MessageType | undefined {
    return this.byName.get(name) ?? this.withNested(this.served.find(name));
  }

  /**
   * The class with this name or alias.
   * @throws UnknownMessageException, which lists near names; DuplicateMessageNameException as `find()`
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
   * @param message an instance of a message class
   * @param about the context of its dispatch, or what the envelope says beside name and version
   */
  envelope<T extends object>(message: T, about?: MessageContext | Partial<MessageMeta>): Envelope<T> {
    const type = typeOf(message);
    if (type && !this.types.has(type)) this.served.write(type);
    const options = { ...this.options, types: this };
    return isContext(about) ? Envelope.of(message, about, options) : new Envelope(message, about, options);
  }

  /**
   * Reads an envelope of any message it knows.
   * @param json what `toJSON()` made, parsed or as text
   * @throws EnvelopeException, UnknownMessageException, MessageVersionException
   */
  fromJSON(json: unknown): Envelope<object> {
    return typed(() => this.read(json), unreadable);
  }

  /** Makes the nested classes of a subclass known, as `register()` does those of a class. */
  private withNested(type: MessageType | undefined): MessageType | undefined {
    for (const inner of type ? nestedTypesOf(type) : []) this.register(inner);
    return type;
  }

  private read(json: unknown): Envelope<object> {
    const parsed = parseEnvelope(json, this.options.limits);
    const { name } = readMeta(parsed.meta);
    if (name === undefined)
      throw EnvelopeException.malformed('The envelope does not say what message it holds.', 'meta.name');
    return Envelope.fromJSON(parsed, this.get(name), { ...this.options, types: this });
  }
}

const isContext = (about: MessageContext | Partial<MessageMeta> | undefined): about is MessageContext =>
  about !== undefined && 'messageId' in about;
