import { InvalidHandlerException } from '../errors/invalid-handler.exception.js';
import { mark } from '../messages/copies.js';
import { lineage, nameOf } from '../messages/inspect-message.js';
import type { MessageType } from '../messages/message.js';
import { metadataKey, readOwn, write } from '../messages/metadata.js';
import { isDecorating, withoutParentheses } from './parentheses.js';

const ON_CLASS = metadataKey<true>(Symbol('cqrs:in-transaction'));

const ON_METHODS = metadataKey<ReadonlySet<string | symbol>>(Symbol('cqrs:in-transaction-methods'));

/**
 * An event handler that belongs to the transaction of the publisher: it runs when the event is published, and its failure
 * rolls back. Outside of a unit of work it is a handler like others.
 * @throws InvalidHandlerException on a static method
 */
export function InTransaction(): ClassDecorator & MethodDecorator {
  if (isDecorating(arguments)) throw withoutParentheses('@InTransaction');
  return markInTransaction;
}

function markInTransaction(target: object, method?: string | symbol): void {
  if (method === undefined) {
    mark(target, '@InTransaction');
    return write(ON_CLASS, true, target);
  }
  if (typeof target === 'function')
    throw new InvalidHandlerException(
      '@InTransaction is on a static method, which no provider runs.',
      `${nameOf(target)}.${String(method)}`,
      'Take static away.',
    );
  const type = target.constructor;
  mark(type, '@InTransaction');
  write(ON_METHODS, new Set([...(readOwn(ON_METHODS, type) ?? []), method]), type);
}

/** Subclasses, and methods that override, inherit it. */
export const isInTransaction = (type: object, method: string | symbol): boolean =>
  lineage(type as MessageType).some(
    ancestor => readOwn(ON_CLASS, ancestor) === true || readOwn(ON_METHODS, ancestor)?.has(method) === true,
  );
