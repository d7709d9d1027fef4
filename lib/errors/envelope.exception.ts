import { CqrsException, type Problem } from './cqrs.exception.js';

/** A message could not be put into an envelope, or taken out of one. The base of all such errors. */
export class EnvelopeException extends CqrsException {
  /** What was read is not an envelope, or holds something that no sender of this library writes. */
  static malformed(what: string, path?: string, cause?: unknown): EnvelopeException {
    return new EnvelopeException({
      code: 'CQRS_ENVELOPE_MALFORMED',
      what,
      ...at(path),
      remedy: 'Refuse the message, or find out who wrote it: nothing of it has reached a handler.',
      cause,
    });
  }

  /** An envelope is deeper or larger than allowed. */
  static tooLarge(what: string, path?: string): EnvelopeException {
    return new EnvelopeException({
      code: 'CQRS_ENVELOPE_TOO_LARGE',
      what,
      ...at(path),
      remedy: 'Send less, or raise the limits where the envelope is written and read: { limits: { depth, size } }.',
    });
  }

  /** A message holds something that no envelope can carry, or that its reader could not make the same again. */
  static unserializable(what: string, path?: string, remedy?: string): EnvelopeException {
    return new EnvelopeException({
      code: 'CQRS_UNSERIALIZABLE',
      what,
      ...at(path),
      remedy: remedy ?? 'Leave it out of the message, or give its class a toJSON() and a static fromJSON().',
    });
  }
}

/** The longest path that an error tells: the names in it come from outside. */
const MAX_PATH = 500;

const at = (path: string | undefined): Partial<Problem> =>
  path === undefined ? {} : { where: printable(path, MAX_PATH) };

/**
 * A text from outside, safe to be printed on one line: control characters and line separators are escaped.
 * @param text as it arrived
 * @param most how many characters of it are told
 */
export function printable(text: string, most: number): string {
  const told = text.length > most ? `${text.slice(0, most)}…` : text;
  return told.replace(/[\p{Cc}\u2028\u2029]/gu, escaped);
}

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
