import { causeOf } from '../context/cause.js';
import type { ContextOrigin } from '../context/context-origin.js';
import type { HandlerIdentity } from '../context/handler-identity.js';
import { currentCause, MessageContext, type DispatchOptions } from '../context/message-context.js';
import { givenContext, isAttached } from '../scopes/async-context.js';
import type { MessageKind, MessageType } from '../messages/message.js';

export interface Destination {
  readonly kind: MessageKind;
  readonly type: MessageType;
  readonly handler: HandlerIdentity;
}

export type Cause = MessageContext | ContextOrigin | null;

/** A cause or `AsyncContext` beside it, which only a context carries on. */
export const isSaidBeside = (message: object): boolean => causeOf(message) !== undefined || isAttached(message);

/** Given by the caller, left for the message, or around the running code. */
export const causeHere = (message: object, options?: DispatchOptions): Cause =>
  options?.context ?? causeOf(message) ?? currentCause() ?? null;

/** @param cause default: of the running code */
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
