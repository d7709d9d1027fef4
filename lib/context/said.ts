import { copyOfHeaders, type Headers } from './header.js';

/** Request-scoped instances of a dispatch; in Nest an `AsyncContext`. */
export interface DispatchScope {
  readonly id: object;
}

/** What the caller says about a message. */
export interface Said {
  /** On top of inherited ones. */
  readonly headers?: Headers | undefined;
  /** Default: inherited, else the `messageId`. */
  readonly correlationId?: string | undefined;
  /** Cause without a `context`, as of a message from outside. */
  readonly causationId?: string | undefined;
  /**
   * Milliseconds, at most what the cause has left. Then `context.signal` aborts and the dispatch rejects with
   * DispatchTimeoutException. Default: no own limit.
   */
  readonly timeout?: number | undefined;
  /** From outside of the process: `validation: { on: 'outside' }` validates it too. Default: false. */
  readonly fromOutside?: boolean | undefined;
}

export function copyOf({ headers, correlationId, causationId, timeout, fromOutside }: Said): Said | undefined {
  const isEmpty =
    headers === undefined &&
    correlationId === undefined &&
    causationId === undefined &&
    timeout === undefined &&
    fromOutside === undefined;
  if (isEmpty) return undefined;
  return { headers: headers && copyOfHeaders(headers), correlationId, causationId, timeout, fromOutside };
}
