import { CqrsException } from '../errors/cqrs.exception.js';
import { EnvelopeException } from '../errors/envelope.exception.js';
import type { MessageType } from '../messages/message.js';

/** Limits of an envelope, written or read. */
export interface EnvelopeLimits {
  /** Levels of nesting, 1 to 1,000. Default: 64. */
  readonly depth?: number;
  /** Values and characters of text in all. Default: 1,048,576. */
  readonly size?: number;
}

/**
 * Converts instances of classes decorated for another library, as class-transformer. Its output may hold Date, Map,
 * bigint ….
 */
export interface PayloadEngine {
  handles(type: MessageType): boolean;
  toPlain(instance: object): unknown;
  fromPlain(fields: Record<string, unknown>, type: MessageType): object;
}

/** Classes that may be revived inside of payloads. */
export interface RevivableTypes {
  /** By name or alias. */
  find(name: string): MessageType | undefined;
  knows(type: MessageType): boolean;
  /** For near misses. */
  names(): Iterable<string>;
}

/** How envelopes are written and read. */
export interface EnvelopeOptions {
  readonly limits?: EnvelopeLimits;
  /** Default: none. */
  readonly engines?: readonly PayloadEngine[];
  /** Classes in payloads, beside `@Message({ nested })`; a `MessageCatalog`. */
  readonly types?: RevivableTypes;
}

const DEPTH = 64;
const GREATEST_DEPTH = 1000;
export const DEFAULT_SIZE = 1_048_576;

/** Counts content, and tracks the path for errors. */
export class EnvelopeBudget {
  private readonly path: (string | number)[] = [];
  private readonly depth: number;
  private readonly size: number;
  private used = 0;

  /** @throws CqrsException (CQRS_INVALID_OPTIONS) for limits that limit nothing */
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

  /** As `payload.lines.0.price`. */
  get where(): string {
    return this.path.join('.');
  }

  spend(characters = 0): void {
    this.used += 1 + characters;
    if (this.used > this.size)
      throw EnvelopeException.tooLarge(`An envelope may hold ${this.size} values and characters.`, this.root);
  }

  /** Before walking: a sparse list may have four thousand million places. */
  reserve(places: number): void {
    if (this.used + places > this.size)
      throw EnvelopeException.tooLarge(`An envelope may hold ${this.size} values and characters.`, this.root);
  }

  /** No way back after an error: the envelope is refused. */
  enter(key: string | number): void {
    if (this.path.length > this.depth)
      throw EnvelopeException.tooLarge(`An envelope may be ${this.depth} levels deep.`, this.root);
    this.path.push(typeof key === 'string' && key.length > 64 ? `${key.slice(0, 64)}…` : key);
  }

  /** Counts a value that holds no others. perf: without a path, which takes 15 % of writing or reading 2 KB. */
  leaf(characters: number): void {
    if (this.path.length > this.depth) this.enter('');
    this.spend(characters);
  }

  leave(): void {
    this.path.pop();
  }
}
