import { CqrsException } from './cqrs.exception.js';

/** One fault of a message. */
export interface Violation {
  /** As `lines.0.price`; empty for the whole message. */
  readonly path: string;
  /** As the validator says it. */
  readonly message: string;
}

/** A message does not satisfy its schema or decorators. */
export class MessageValidationException extends CqrsException {
  constructor(
    readonly messageName: string,
    readonly violations: readonly Violation[],
  ) {
    super({
      code: 'CQRS_VALIDATION',
      what: `"${messageName}" is not valid: ${violations.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; ')}.`,
      where: messageName,
      remedy: 'Send it with fields that its schema or its decorators allow.',
    });
  }
}
