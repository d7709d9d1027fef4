import type { MessageContext } from '../context/message-context.js';
import type { HandlerInvoker } from '../handlers/handler-invoker.js';
import type { MessageKind, MessageType } from '../messages/message.js';
import type { ReadyMiddleware } from '../pipeline/middleware.js';
import type { Published } from '../pipeline/probe.js';
import type { RawRun } from '../pipeline/settled.js';
import type { Watch } from './probe-watch.js';
import type { RunCounter } from './run-counter.js';

export interface Pipelines {
  readonly all: readonly Pipeline[];
  /** Of a command or query. */
  readonly first: Pipeline | undefined;
  /** Sends a message without options. */
  readonly send: RawRun | undefined;
  /** Of an event with a single handler and no middleware. */
  readonly direct: Pipeline | undefined;
  /** Tells probes of an event, if any asks for it. */
  readonly publish: ((published: Published) => Watch | undefined) | undefined;
}

/** A pipeline as it is called: a probe around a handler alone leaves values values. */
export interface Entrance {
  readonly run: RawRun;
  readonly usesContext: boolean;
}

export interface ComposedForms {
  readonly composed: Entrance;
  /** Passes a context on even if nothing reads it: a replacement message's handler may. */
  readonly withContext: Entrance;
}

/** Middleware around one handler for one message type. */
export interface Pipeline extends ComposedForms {
  readonly kind: MessageKind;
  readonly type: MessageType;
  readonly invoker: HandlerInvoker;
  readonly runs: RunCounter;
  /** The pipeline with middleware outside of all other, but within probes. */
  readonly within: (middleware: readonly ReadyMiddleware[]) => ComposedForms;
  /** Makes a request-scoped event handler ready, as `HandlerInvoker.prepare` does. */
  readonly prepare: ((event: object, context: MessageContext) => Promise<void> | undefined) | undefined;
  /** A probe is around a step. */
  readonly isProbed: boolean;
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

export const sameForms = (entrance: Entrance): ComposedForms => ({ composed: entrance, withContext: entrance });
