import { CqrsException, type Problem } from './cqrs.exception.js';
import { printable } from './printable.js';

/** The base of envelope errors. */
export class EnvelopeException extends CqrsException {
  /** Not an envelope, or content that this library never writes. */
  static malformed(what: string, path?: string, cause?: unknown): EnvelopeException {
    return new EnvelopeException({
      code: 'CQRS_ENVELOPE_MALFORMED',
      what,
      ...at(path),
      remedy: 'Refuse the message, or find out who wrote it: nothing of it has reached a handler.',
      cause,
    });
  }

  /** Deeper or larger than allowed. */
  static tooLarge(what: string, path?: string): EnvelopeException {
    return new EnvelopeException({
      code: 'CQRS_ENVELOPE_TOO_LARGE',
      what,
      ...at(path),
      remedy: 'Send less, or raise the limits where the envelope is written and read: { limits: { depth, size } }.',
    });
  }

  /** Content that no envelope can carry, or reader restore. */
  static unserializable(what: string, path?: string, remedy?: string): EnvelopeException {
    return new EnvelopeException({
      code: 'CQRS_UNSERIALIZABLE',
      what,
      ...at(path),
      remedy: remedy ?? 'Leave it out, or give its class a toJSON() and a static fromJSON().',
    });
  }
}

/** The names in a path come from outside. */
const MAX_PATH = 500;

const at = (path: string | undefined): Partial<Problem> =>
  path === undefined ? {} : { where: printable(path, MAX_PATH) };
