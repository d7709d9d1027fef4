import { causeOf } from '../context/cause.js';
import { currentStore } from '../context/context-storage.js';
import type { ContextOrigin } from '../context/context-origin.js';
import type { HandlerIdentity } from '../context/said.js';
import { type DispatchOptions, MessageContext } from '../context/message-context.js';
import { givenContext, isAttached } from '../scopes/async-context.js';
import type { MessageKind, MessageType } from '../messages/message.js';

/** Whom a message is on its way to. */
export interface Destination {
  readonly kind: MessageKind;
  readonly type: MessageType;
  readonly handler: HandlerIdentity;
}

/** What causes a dispatch: another one, or the origin of a chain; null if nothing does. */
export type Cause = MessageContext | ContextOrigin | null;

/** Whether its sender has left something for a message that says nothing itself: then a context has to carry it on. */
export const isSaidBeside = (message: object): boolean => causeOf(message) !== undefined || isAttached(message);

/** What causes a dispatch that begins here: what its sender said or left for the message, else what the code runs in. */
export const causeHere = (message: object, options?: DispatchOptions): Cause =>
  options?.context ?? causeOf(message) ?? (currentStore() as MessageContext | ContextOrigin | undefined) ?? null;

/**
 * What is known of a dispatch: what the caller said, and what senders that cannot say it have left for the message.
 * @param cause what causes it; that of the code which calls this if left out
 */
export function contextOf(
  message: object,
  destination: Destination,
  options?: DispatchOptions,
  cause: Cause = causeHere(message, options),
): MessageContext {
  const { kind, type, handler } = destination;
  const asyncContext = options?.asyncContext ?? givenContext(message);
  const said = asyncContext === options?.asyncContext ? options : { ...options, asyncContext };
  return new MessageContext(kind, type, handler, said, undefined, cause);
}
