import type { Violation } from '../errors/message-validation.exception.js';
import type { MessageType } from '../messages/message.js';

/** The fields for the handler, transformed or not, or the violations. */
export type ValidationOutcome = { readonly value: unknown } | { readonly violations: readonly Violation[] };

/** Validates messages by the schemas or decorators of one library. */
export interface MessageValidator {
  /** Whether it validates a class; asked once per class. */
  validates(type: MessageType): boolean;
  /** Validates an instance. Must not change it: it may be frozen, and may be sent again. */
  validate(message: object, type: MessageType): ValidationOutcome | PromiseLike<ValidationOutcome>;
}
