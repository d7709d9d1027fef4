import { currentStore, runWith } from './context-storage.js';
import { copyOfHeaders, inheritable, type Headers } from './header.js';
import { messageId } from './message-id.js';
import { headersToRead } from './reads.js';
import type { HandlerIdentity } from './handler-identity.js';
import type { Bounds } from './restriction.js';

/** What a chain begins with. */
export interface OriginOptions {
  /** Default: a new UUID v7. */
  readonly correlationId?: string | undefined;
  /** Cause outside of this process. */
  readonly causationId?: string | undefined;
  readonly headers?: Headers | undefined;
  /** Aborted when the caller no longer waits. */
  readonly signal?: AbortSignal | undefined;
  /** The sender, such as a saga. */
  readonly sentBy?: HandlerIdentity | undefined;
}

/**
 * Begins a chain that no message caused, as in an HTTP request or job. Dispatches with this `context`, or inside `run`,
 * inherit correlation and headers.
 */
export class ContextOrigin {
  readonly correlationId: string;
  /** `causationId` of its dispatches. */
  readonly messageId: string | undefined;
  /** @internal */
  readonly allHeaders: Headers;
  /** Time limits belong to dispatches. */
  readonly limit = undefined;
  /** @internal */
  readonly bounds: Bounds | undefined;
  /** By default each dispatch has own request-scoped instances. */
  readonly scope = undefined;

  readonly sentBy: HandlerIdentity | undefined;

  /** @param bounds instead of a signal */
  constructor({ correlationId, causationId, headers, signal, sentBy }: OriginOptions = {}, bounds?: Bounds) {
    this.correlationId = correlationId ?? messageId();
    this.messageId = causationId;
    this.allHeaders = inheritable(copyOfHeaders(headers ?? {}));
    this.sentBy = sentBy;
    this.bounds = bounds ?? (signal && { signal, deadline: undefined });
  }

  get headers(): Headers {
    return headersToRead(this.allHeaders, this);
  }

  get signal(): AbortSignal | undefined {
    return this.bounds?.signal;
  }

  /** The origin around this code, outside of a dispatch. */
  static find(): ContextOrigin | undefined {
    const store = currentStore();
    return store instanceof ContextOrigin ? store : undefined;
  }

  /** Runs a function; every dispatch it starts, now or later, begins here. */
  run<R>(run: () => R): R {
    return runWith(this, run);
  }
}
