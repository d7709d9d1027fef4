import { describeValue } from '../errors/describe-value.js';
import { CqrsException } from '../errors/cqrs.exception.js';
import { EnvelopeException } from '../errors/envelope.exception.js';

/** A database indexes it. */
export const LONGEST_KEY = 500;

export const invalidKey = (key: unknown, decorator: string, message: string): CqrsException =>
  new CqrsException({
    code: 'CQRS_INVALID_KEY',
    what: `The key must be a text that is not empty, of at most ${LONGEST_KEY} characters, not ${described(key)}.`,
    where: `${decorator} of ${message}`,
    remedy: 'Let the key function give such a text for each message, or validate the field that it reads.',
  });

const described = (key: unknown): string => {
  if (typeof key !== 'string') return describeValue(key);
  return key === '' ? 'an empty text' : `one of ${key.length}`;
};

export const keyIsHeld = (key: string, decorator: string, message: string): CqrsException =>
  new CqrsException({
    code: 'CQRS_KEY_IS_HELD',
    what: `"${message}" would wait for ever: it was sent by code that holds its key "${key}" until it ends.`,
    where: decorator,
    remedy: 'Call a service in place of sending it, or send it with another key, or after the first has ended.',
  });

export const outsideOfUnit = (decorator: string, handler: string): CqrsException =>
  new CqrsException({
    code: 'CQRS_POLICY_ORDER',
    what: `${decorator} keeps what it knows in the transaction of the message, and there is none.`,
    where: handler,
    remedy: `Put @Transactional() above ${decorator}, both on the message class or both on the handler.`,
  });

export const insideOfUnit = (decorator: string, handler: string): CqrsException =>
  new CqrsException({
    code: 'CQRS_POLICY_ORDER',
    what: `${decorator} would end before the transaction around it does, which may still roll back.`,
    where: handler,
    remedy: `Put ${decorator} above @Transactional(), and send the message outside of a transaction; or use a store in PostgreSQL, the option policies of CqrsModule.forRoot().`,
  });

export const rowsUnderKey = (decorator: string, handler: string): CqrsException =>
  new CqrsException({
    code: 'CQRS_ROWS_UNDER_KEY',
    what: `${decorator} would end before the rows of ${handler} are read.`,
    where: `${decorator} on ${handler}`,
    remedy: 'Take it away.',
  });

/** Of a result that a store keeps as JSON. */
export const notWritten = ({ code, what, where, remedy }: EnvelopeException): EnvelopeException =>
  new EnvelopeException({
    code,
    what: `@Idempotent cannot keep the result. ${what}`,
    ...(where !== undefined && { where }),
    remedy: `Let the handler return nothing, or plain data. ${remedy}`,
  });
