import type { ContextOrigin } from './context-origin.js';
import type { MessageContext } from './message-context.js';

const causes = new WeakMap<object, MessageContext | ContextOrigin>();

/** How many messages have a cause beside them at this moment: while there is none, nothing is looked up. */
let pending = 0;

/**
 * Says which dispatch causes a message that is about to be sent, for a sender that cannot say it as an option:
 * whoever replaced or watches the bus shall see the message alone. Nothing is written onto the message.
 */
export function setCause(message: object, context: MessageContext | ContextOrigin): void {
  if (!causes.has(message)) pending++;
  causes.set(message, context);
}

/** The dispatch that causes a message, as far as its sender has said it. */
export const causeOf = (message: object): MessageContext | ContextOrigin | undefined =>
  pending === 0 ? undefined : causes.get(message);

/** Takes back what `setCause` said, unless something else has been said since. */
export const clearCause = (message: object, context: MessageContext | ContextOrigin): void => {
  if (causes.get(message) === context && causes.delete(message)) pending--;
};
