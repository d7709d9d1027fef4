import { currentStore, runWith } from './context-storage.js';
import { copyOfHeaders, inheritable, type Headers } from './header.js';
import { messageId } from './message-id.js';
import type { HandlerIdentity } from './said.js';
import type { Bounds } from './restriction.js';

/** What is known where a chain of dispatches begins. Everything may be left out. */
export interface OriginOptions {
  /** What belongs together; a new UUID v7 if left out. */
  readonly correlationId?: string | undefined;
  /** What caused it, outside of this process. */
  readonly causationId?: string | undefined;
  /** Headers that the dispatches inherit. */
  readonly headers?: Headers | undefined;
  /** Aborted when its caller no longer waits. */
  readonly signal?: AbortSignal | undefined;
  /** What sends the messages, where it is a part of the application, such as a saga. */
  readonly sentBy?: HandlerIdentity | undefined;
}

/**
 * Where a chain of dispatches begins that no message caused: an HTTP request, a job, a timer. The dispatches that
 * are given it as `context`, or that `run` starts, have its correlation and headers.
 */
export class ContextOrigin {
  /** What belongs together. */
  readonly correlationId: string;
  /** What caused it, outside of this process; the dispatches name it as their cause. */
  readonly messageId: string | undefined;
  /** Headers that the dispatches inherit. */
  readonly headers: Headers;
  /** Aborted when its caller no longer waits; undefined if that cannot be known. */
  readonly signal: AbortSignal | undefined;
  /** None: time limits are those of dispatches. */
  readonly limit = undefined;
  /**
   * What may end the dispatches early: the signal.
   * @internal
   */
  readonly bounds: Bounds | undefined;
  /** None: each dispatch has instances of its own of what is request-scoped, unless told otherwise. */
  readonly scope = undefined;

  /** What sends the messages, where it is a part of the application, such as a saga. */
  readonly sentBy: HandlerIdentity | undefined;

  constructor({ correlationId, causationId, headers, signal, sentBy }: OriginOptions = {}) {
    this.correlationId = correlationId ?? messageId();
    this.messageId = causationId;
    this.headers = inheritable(copyOfHeaders(headers ?? {}));
    this.signal = signal;
    this.sentBy = sentBy;
    this.bounds = signal && { signal, deadline: undefined };
  }

  /** The origin that this code runs in, outside of any dispatch, such as in a controller; undefined elsewhere. */
  static find(): ContextOrigin | undefined {
    const store = currentStore();
    return store instanceof ContextOrigin ? store : undefined;
  }

  /** Runs a function so that every dispatch it starts, now or later, begins here. */
  run<R>(run: () => R): R {
    return runWith(this, run);
  }
}
