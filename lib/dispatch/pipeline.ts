import type { HandlerInvoker } from '../handlers/handler-invoker.js';
import type { MessageKind, MessageType } from '../messages/message.js';
import type { Composed } from '../pipeline/compose.js';
import type { Run } from '../pipeline/settled.js';
import type { RunCounter } from './run-counter.js';

export interface Pipelines {
  readonly all: readonly Pipeline[];
  /** Of a command or query. */
  readonly first: Pipeline | undefined;
  /** Sends a message without options. */
  readonly send: Run | undefined;
  /** Of an event with a single handler and no middleware. */
  readonly direct: Pipeline | undefined;
}

export interface ComposedForms {
  readonly composed: Composed;
  /** Passes a context on even if nothing reads it: a replacement message's handler may. */
  readonly withContext: Composed;
}

/** Middleware around one handler for one message type. */
export interface Pipeline extends ComposedForms {
  readonly kind: MessageKind;
  readonly type: MessageType;
  readonly invoker: HandlerInvoker;
  readonly runs: RunCounter;
  /** Without middleware and context. */
  readonly isDirect: boolean;
  /** Watches all promises of `next()`, as for events. */
  readonly isWatched: boolean;
  /** For a command or query, while it is watched. */
  watched: ComposedForms | undefined;
  /** Without middleware that runs only where messages are sent, if there is any. */
  readonly ofArrivals: Pipeline | undefined;
  /** Composed at first use. */
  withOptions: Pipeline | undefined;
  isDropping: boolean;
  /** A middleware has returned nothing instead of a result. */
  isLosing: boolean;
  withoutResult: number;
}
