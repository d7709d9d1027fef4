import type { MessageContext } from '../context/message-context.js';
import type { HandlerInvoker } from '../handlers/handler-invoker.js';
import type { MessageKind, MessageType } from '../messages/message.js';
import type { ReadyMiddleware } from '../pipeline/middleware.js';
import type { Published } from '../pipeline/probe.js';
import type { RawRun } from '../pipeline/settled.js';
import type { ProbeWatch } from './probe-watch.js';
import type { RunCounter } from './run-counter.js';

/** The pipelines of one message type. */
export interface Pipelines {
  readonly all: readonly Pipeline[];
  /** Of a command or query. */
  readonly first: Pipeline | undefined;
  /** Sends a message without options. */
  readonly send: RawRun | undefined;
  /** Of an event with a single handler and no middleware. */
  readonly direct: Pipeline | undefined;
  /** Tells probes of an event, if any asks for it. */
  readonly publish: ((published: Published) => ProbeWatch | undefined) | undefined;
}

/** A pipeline as it is called. It may return a value: a probe around a handler alone returns what the handler returns. */
export interface PipelineForm {
  readonly run: RawRun;
  readonly usesContext: boolean;
}

export interface PipelineForms {
  /** Makes a context only if something in it reads one. */
  readonly composed: PipelineForm;
  /** Passes a context on even if nothing in it reads one: the handler of a message put in place of this one may. */
  readonly withContext: PipelineForm;
}

/** Middleware around one handler for one message type. */
export interface Pipeline extends PipelineForms {
  readonly kind: MessageKind;
  readonly type: MessageType;
  readonly invoker: HandlerInvoker;
  readonly runs: RunCounter;
  /** The pipeline with middleware outside of all other, but within probes. */
  readonly within: (middleware: readonly ReadyMiddleware[]) => PipelineForms;
  /** Makes a request-scoped event handler ready, as `HandlerInvoker.prepare` does. */
  readonly prepare: ((event: object, context: MessageContext) => Promise<void> | undefined) | undefined;
  /** A probe is around a step. */
  readonly isProbed: boolean;
  /** Without middleware and context. */
  readonly isDirect: boolean;
  /** Watches all promises of `next()`, as for events. */
  readonly isWatched: boolean;
  /** For messages from another process: without middleware that runs only where they are sent. Undefined if the same. */
  readonly ofArrivals: Pipeline | undefined;
  /** With the middleware of options such as `timeout`. Written by `pipelineFor()` at the first use of such options. */
  withOptions: Pipeline | undefined;
  /**
   * Of a command or query, while its middleware is watched. Read by `Dispatcher`. This field and those below are written
   * by `WatchedRequest`.
   */
  watched: PipelineForms | undefined;
  /** A middleware has dropped a promise of `next()`. */
  isDropping: boolean;
  /** A middleware has returned nothing instead of a result. */
  isLosing: boolean;
  /** Runs in succession that had no result. */
  withoutResult: number;
}

export const inBothForms = (form: PipelineForm): PipelineForms => ({ composed: form, withContext: form });
