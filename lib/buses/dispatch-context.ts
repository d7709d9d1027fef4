import { causeOf } from '../context/cause.js';
import { MessageContext, type DispatchOptions, type HandlerIdentity } from '../context/message-context.js';
import { givenContext } from '../handlers/async-context.js';
import type { MessageKind, MessageType } from '../messages/message.js';

/** Whom a message is on its way to. */
export interface Destination {
  readonly kind: MessageKind;
  readonly type: MessageType;
  readonly handler: HandlerIdentity;
}

/** What is known of a dispatch: what the caller said, and what senders that cannot say it have left for the message. */
export function contextOf(message: object, destination: Destination, options?: DispatchOptions): MessageContext {
  const { kind, type, handler } = destination;
  const asyncContext = options?.asyncContext ?? givenContext(message);
  const context = options?.context ?? causeOf(message);
  const isSaid = asyncContext === options?.asyncContext && context === options?.context;
  return new MessageContext(kind, type, handler, isSaid ? options : { ...options, asyncContext, context });
}
