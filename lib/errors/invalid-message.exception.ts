import { CqrsException } from './cqrs.exception.js';

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

/** Never throws, never prints contents. */
export function describeValue(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'function')
    return `the ${isClass(value) ? 'class' : 'function'} ${ownName(value) ?? '(anonymous)'}`;
  if (typeof value !== 'object') return `a ${typeof value}`;
  try {
    const prototype = Object.getPrototypeOf(value) as { constructor?: unknown } | null;
    if (prototype === null) return 'an object without a prototype';
    return `an instance of ${ownName(prototype.constructor) ?? '(anonymous)'}`;
  } catch {
    return 'an object that cannot be inspected';
  }
}

/** The source text: reading a property may throw. */
const isClass = (value: object): boolean => Function.prototype.toString.call(value).startsWith('class');

function ownName(type: unknown): string | undefined {
  try {
    const name = (type as { name?: unknown } | null | undefined)?.name;
    return typeof name === 'string' && name !== '' ? name : undefined;
  } catch {
    return undefined;
  }
}
