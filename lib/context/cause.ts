import type { MessageContext } from './message-context.js';

const causes = new WeakMap<object, MessageContext>();

/**
 * Says which dispatch causes a message that is about to be sent, for a sender that cannot say it as an option:
 * whoever replaced or watches the bus shall see the message alone. Nothing is written onto the message.
 */
export const setCause = (message: object, context: MessageContext): void => void causes.set(message, context);

/** The dispatch that causes a message, as far as its sender has said it. */
export const causeOf = (message: object): MessageContext | undefined => causes.get(message);

/** Takes back what `setCause` said, unless something else has been said since. */
export const clearCause = (message: object, context: MessageContext): void => {
  if (causes.get(message) === context) causes.delete(message);
};
