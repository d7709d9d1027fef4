import { Decorated } from '../messages/decorated.js';
import type { MessageType } from '../messages/message.js';
import { isDecorating, withoutParentheses } from './parentheses.js';

const decorated = new Decorated<true>('@InTransaction');

/**
 * An event handler that belongs to the transaction of the publisher: it runs when the event is published, and its failure
 * rolls back. Outside of a unit of work it is a handler like others.
 * @throws InvalidHandlerException on a static method
 */
export function InTransaction(): ClassDecorator & MethodDecorator {
  if (isDecorating(arguments)) throw withoutParentheses('@InTransaction');
  return (target: object, method?: string | symbol) => decorated.write(true, target, method);
}

/** Subclasses, and methods that override, inherit it. */
export const isInTransaction = (type: object, method: string | symbol): boolean =>
  decorated.ofHandler(type as MessageType, method) === true;
