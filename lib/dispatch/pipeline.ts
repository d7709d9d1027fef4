import type { HandlerInvoker } from '../handlers/handler-invoker.js';
import type { MessageKind, MessageType } from '../messages/message.js';
import type { Composed } from '../pipeline/compose.js';
import type { Run } from '../pipeline/settled.js';
import type { RunCounter } from './run-counter.js';

export interface Pipelines {
  readonly all: readonly Pipeline[];
  /** Of a command or query. */
  readonly first: Pipeline | undefined;
  /** Sends a message through the first pipeline, if the caller gives no options. */
  readonly send: Run | undefined;
  /** Of an event with a single handler and no middleware. */
  readonly direct: Pipeline | undefined;
}

export interface ComposedForms {
  readonly composed: Composed;
  /** Passes a context on even if nothing reads it: a middleware may send a message to a handler that does. */
  readonly withContext: Composed;
}

/** The middleware composed around one handler for one message type. */
export interface Pipeline extends ComposedForms {
  readonly kind: MessageKind;
  readonly type: MessageType;
  readonly invoker: HandlerInvoker;
  readonly runs: RunCounter;
  /** Whether neither middleware nor context is needed. */
  readonly isDirect: boolean;
  /** Whether all promises of `next()` are watched, as for every event with middleware. */
  readonly isWatched: boolean;
  /** Watched forms for a command or query, while its middleware is watched. */
  watched: ComposedForms | undefined;
  /** For options that need middleware; composed at first use. */
  withOptions: Pipeline | undefined;
  /** Whether a middleware has dropped a promise of `next()`. */
  isDropping: boolean;
  /** Whether a middleware has returned nothing in place of a result. */
  isLosing: boolean;
  /** Watched dispatches without a result. */
  withoutResult: number;
}
