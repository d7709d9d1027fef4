import { CqrsException } from './cqrs.exception.js';
import { describeValue, ownName } from './describe-value.js';

/** The message is not an instance of a class. */
export class InvalidMessageException extends CqrsException {
  /**
   * @param where bus or middleware
   * @param cause thrown by the value
   */
  constructor(value: unknown, where?: string, cause?: unknown, remedy = remedyFor(value)) {
    super({
      code: 'CQRS_INVALID_MESSAGE',
      what: `A message must be an instance of a class, not ${describeValue(value)}.`,
      where,
      remedy,
      cause,
    });
  }
}

function remedyFor(value: unknown): string {
  if (typeof value === 'function') return `Send an instance: new ${ownName(value) ?? 'Message'}(…).`;
  if (isList(value)) return 'Publish several events with publishAll(); send commands and queries one by one.';
  return 'Send an instance of a message class, and check that nothing on the way lost it.';
}

const isList = (value: unknown): boolean => {
  try {
    return Array.isArray(value);
  } catch {
    return false; // a revoked proxy
  }
};
