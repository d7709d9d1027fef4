import { CqrsException } from './cqrs.exception.js';

/** A value that is not an instance of a class was sent through a bus. */
export class InvalidMessageException extends CqrsException {
  /**
   * @param value what was sent
   * @param where the bus or middleware that was given it
   */
  constructor(value: unknown, where?: string) {
    super({
      code: 'CQRS_INVALID_MESSAGE',
      what: `A message must be an instance of a class, not ${describeValue(value)}.`,
      where,
      remedy:
        typeof value === 'function'
          ? `Send an instance: new ${value.name || 'Message'}(…).`
          : 'Send an instance of a message class, and check that nothing on the way lost it.',
    });
  }
}

/** A short name of any value for an error text; never throws, never prints contents. */
export function describeValue(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'function') return `the ${isClass(value) ? 'class' : 'function'} ${value.name || '(anonymous)'}`;
  if (typeof value !== 'object') return `a ${typeof value}`;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null) return 'an object without a prototype';
  return `an instance of ${className(prototype)}`;
}

const isClass = (value: object): boolean => Function.prototype.toString.call(value).startsWith('class');

const className = (prototype: unknown): string => {
  const type = (prototype as { constructor?: { name?: unknown } }).constructor;
  return typeof type?.name === 'string' && type.name !== '' ? type.name : '(anonymous)';
};
