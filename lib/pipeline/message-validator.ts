import type { Violation } from '../errors/message-validation.exception.js';
import type { MessageType } from '../messages/message.js';

/** Fields for the handler, or violations. */
export type ValidationOutcome = { readonly value: unknown } | { readonly violations: readonly Violation[] };

/** Validates by schemas or decorators of one library. */
export interface MessageValidator {
  /** Asked once per class. */
  validates(type: MessageType): boolean;
  /** Must not change the message: it may be frozen, and may be sent again. */
  validate(message: object, type: MessageType): ValidationOutcome | PromiseLike<ValidationOutcome>;
}
