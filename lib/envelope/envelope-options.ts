import { CqrsException } from '../errors/cqrs.exception.js';
import { EnvelopeException } from '../errors/envelope.exception.js';
import type { MessageType } from '../messages/message.js';

/** How much an envelope may hold, when written and when read. */
export interface EnvelopeLimits {
  /** How deep objects may lie in one another, at most 1,000. Default: 64. */
  readonly depth?: number;
  /** How many values and characters of text there may be in all. Default: 1,048,576. */
  readonly size?: number;
}

/**
 * Converts the instances of classes that are decorated for another library, such as class-transformer. Date, Map,
 * bigint … in what it makes are carried by the envelope.
 */
export interface PayloadEngine {
  /** Whether it knows this class; the envelope converts all others by itself. */
  handles(type: MessageType): boolean;
  /** The fields of an instance, as they travel. */
  toPlain(instance: object): unknown;
  /** An instance made from fields that have travelled. */
  fromPlain(fields: Record<string, unknown>, type: MessageType): object;
}

/** Classes that may be revived inside of payloads. */
export interface RevivableTypes {
  /** The class with this name or alias; undefined if there is none. */
  find(name: string): MessageType | undefined;
  /** Whether instances of a class are revived. */
  knows(type: MessageType): boolean;
  /** All names, for near misses. */
  names(): Iterable<string>;
}

/** How envelopes are written and read. */
export interface EnvelopeOptions {
  /** How much an envelope may hold. */
  readonly limits?: EnvelopeLimits;
  /** Libraries that convert the classes decorated for them. Default: none. */
  readonly engines?: readonly PayloadEngine[];
  /** Classes that may occur in payloads, beside those of `@Message({ nested })`; a `MessageCatalog`. */
  readonly types?: RevivableTypes;
}

const DEPTH = 64;
const GREATEST_DEPTH = 1000;
/** How many values and characters an envelope may hold by default. */
export const DEFAULT_SIZE = 1_048_576;

/** Counts what an envelope holds against its limits, and knows where in it one is. */
export class EnvelopeBudget {
  private readonly path: (string | number)[] = [];
  private readonly depth: number;
  private readonly size: number;
  private used = 0;

  /**
   * @param limits what is allowed
   * @param root what paths begin with
   * @throws CqrsException (code CQRS_INVALID_OPTIONS) for limits that limit nothing
   */
  constructor(
    { depth = DEPTH, size = DEFAULT_SIZE }: EnvelopeLimits = {},
    private readonly root = 'payload',
  ) {
    if (!(depth >= 1 && depth <= GREATEST_DEPTH) || !(size >= 1))
      throw new CqrsException({
        code: 'CQRS_INVALID_OPTIONS',
        what: `An envelope cannot be limited to a depth of ${depth} and a size of ${size}.`,
        remedy: `Give a depth of 1 to ${GREATEST_DEPTH} and a size of 1 or more.`,
      });
    this.depth = depth;
    this.size = size;
    this.path.push(root);
  }

  /** Where one is, for errors: `payload.lines.0.price`. */
  get where(): string {
    return this.path.join('.');
  }

  /** Counts a value, and the characters of a text. */
  spend(characters = 0): void {
    this.used += 1 + characters;
    if (this.used > this.size)
      throw EnvelopeException.tooLarge(`An envelope may hold ${this.size} values and characters.`, this.root);
  }

  /** Refuses a list that is longer than there is room, before it is walked: a sparse one may have four thousand million places. */
  reserve(places: number): void {
    if (this.used + places > this.size)
      throw EnvelopeException.tooLarge(`An envelope may hold ${this.size} values and characters.`, this.root);
  }

  /** Goes one step deeper. After an error the path is not taken back: the envelope is refused as a whole. */
  enter(key: string | number): void {
    if (this.path.length > this.depth)
      throw EnvelopeException.tooLarge(`An envelope may be ${this.depth} levels deep.`, this.root);
    this.path.push(typeof key === 'string' && key.length > 64 ? `${key.slice(0, 64)}…` : key);
  }

  /** Comes back from one step deeper. */
  leave(): void {
    this.path.pop();
  }
}
