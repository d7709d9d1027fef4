import type { HandlerInvoker } from '../handlers/handler-invoker.js';
import type { MessageKind, MessageType } from '../messages/message.js';
import type { Step } from '../pipeline/compose.js';
import type { Run } from '../pipeline/settled.js';

/** All ways of one message type. */
export interface Plan {
  readonly routes: readonly Route[];
  /** The one of a command or query. */
  readonly first: Route | undefined;
  /** Sends a message, beside which the caller says nothing, on that way. */
  readonly enter: Run | undefined;
  /** The way of an event where there is no other and all that has to be done is to call a handler. */
  readonly only: Route | undefined;
}

/** The composed way of a message. */
export interface Steps {
  readonly step: Step;
  /** The same, handing on a context whatever reads it: a middleware may send the message on to a handler that does. */
  readonly carrying: Step;
}

/** The way of one message type to one handler, composed once. */
export interface Route extends Steps {
  readonly kind: MessageKind;
  readonly type: MessageType;
  readonly invoker: HandlerInvoker;
  /** Whether the handler is called at once: nothing wraps it and nobody reads the context. */
  readonly direct: boolean;
  /** Whether middleware wraps the handler of an event: then the promises of `next()` are watched. */
  readonly isWatched: boolean;
  /** The same for a command or query, watching what becomes of `next()`; undefined when that is known to be right. */
  watched: Steps | undefined;
  /** Whether a middleware was seen to drop what `next()` gave. */
  isDropping: boolean;
  /** Whether a middleware was seen to return nothing where `next()` gave a result. */
  isLosing: boolean;
  /** How many dispatches have ended without a result while the way was watched. */
  withoutResult: number;
  /** How many dispatches are counted as running. */
  running: number;
  /** Counts that a dispatch has ended; there once one has been counted. */
  end: (() => void) | undefined;
  /** The same, and throws on what the dispatch has thrown. */
  fail: ((error: unknown) => never) | undefined;
}
