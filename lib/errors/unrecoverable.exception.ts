import { CqrsException } from './cqrs.exception.js';

/** Thrown by a handler: another attempt would fail too. A stored message becomes a dead letter at once. */
export class UnrecoverableException extends CqrsException {
  /** @param cause an error that led to it */
  constructor(message: string, cause?: unknown) {
    super(
      {
        code: 'CQRS_UNRECOVERABLE',
        what: message,
        remedy: 'Correct the message or what it needs, then redrive the dead letter, or discard it.',
        cause,
      },
      message,
    );
  }
}
