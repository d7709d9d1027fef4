import { CqrsException } from './cqrs.exception.js';

/** One thing that is wrong with a message. */
export interface Violation {
  /** Where, as in `lines.0.price`; empty for the message as a whole. */
  readonly path: string;
  /** What, as the validator says it. */
  readonly message: string;
}

/** A message does not satisfy its schema or its decorators. */
export class MessageValidationException extends CqrsException {
  /**
   * @param messageName name of the type of the message
   * @param violations everything that is wrong with it
   */
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
