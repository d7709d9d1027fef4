import type { HandlerInvoker } from '../handlers/handler-invoker.js';
import type { MessageKind, MessageType } from '../messages/message.js';
import type { Composed } from '../pipeline/compose.js';
import type { Run } from '../pipeline/settled.js';
import type { RunCounter } from './run-counter.js';

/** The pipelines of one message type, one per handler. */
export interface Pipelines {
  readonly all: readonly Pipeline[];
  /** The one of a command or query. */
  readonly first: Pipeline | undefined;
  /** Sends a message through the first one, where the caller says nothing beside the message. */
  readonly send: Run | undefined;
  /** The one of an event with a single handler that nothing wraps. */
  readonly direct: Pipeline | undefined;
}

/** The two forms in which middleware is composed around a handler. */
export interface ComposedForms {
  readonly composed: Composed;
  /** Hands a context on even if nothing reads it: a middleware may send the message on to a handler that does. */
  readonly withContext: Composed;
}

/** The middleware composed around one handler for one message type. */
export interface Pipeline extends ComposedForms {
  readonly kind: MessageKind;
  readonly type: MessageType;
  readonly invoker: HandlerInvoker;
  /** Counts the runs that the end of the application waits for. */
  readonly runs: RunCounter;
  /** Whether the handler is called without anything around it: no middleware, no context. */
  readonly isDirect: boolean;
  /** Whether the promises of `next()` are watched: of every event that middleware wraps. */
  readonly isWatched: boolean;
  /** The same for a command or query, as long as its middleware is watched. */
  watched: ComposedForms | undefined;
  /** The same for dispatches whose options need middleware; composed when first asked for. */
  withOptions: Pipeline | undefined;
  /** Whether a middleware was seen to drop what `next()` gave. */
  isDropping: boolean;
  /** Whether a middleware was seen to return nothing where `next()` gave a result. */
  isLosing: boolean;
  /** How many dispatches have ended without a result while the pipeline was watched. */
  withoutResult: number;
}
