import type { Violation } from '../errors/message-validation.exception.js';
import type { MessageType } from '../messages/message.js';

/** What became of a validation: the fields for the handler, transformed or not, or what is wrong. */
export type ValidationOutcome = { readonly value: unknown } | { readonly violations: readonly Violation[] };

/** Validates messages of some classes, by schemas or decorators of one library. */
export interface MessageValidator {
  /** Whether it has something to say about a class; asked once a class. */
  validates(type: MessageType): boolean;
  /** Validates an instance of such a class. Must not change it: it may be frozen, and may be sent again. */
  validate(message: object, type: MessageType): ValidationOutcome | PromiseLike<ValidationOutcome>;
}
