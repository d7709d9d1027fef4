import { copyOfHeaders, type Headers } from './header.js';

/** Which instances of request-scoped providers serve a dispatch; in Nest applications an `AsyncContext`. */
export interface DispatchScope {
  readonly id: object;
}

/** Who handles a message, as texts and reports name it. */
export interface HandlerIdentity {
  /** Class, or class and method: `CreateUserHandler`, `Users.create`. */
  readonly name: string;
  /** Class name of the Nest module that provides it; undefined outside Nest. */
  readonly module?: string | undefined;
}

/** What a caller may say of the message itself. */
export interface Said {
  /** Headers of this dispatch, on top of inherited ones. */
  readonly headers?: Headers | undefined;
  /** What belongs together; inherited, else the identifier of this message. */
  readonly correlationId?: string | undefined;
  /** What caused this dispatch where no `context` can say it, as in a message from outside. */
  readonly causationId?: string | undefined;
  /**
   * How long this dispatch may take, in milliseconds; never longer than what is left to the one that causes it. Then
   * `context.signal` is aborted and the dispatch rejects with DispatchTimeoutException. Default: no limit of its own.
   */
  readonly timeout?: number | undefined;
  /** Whether the message comes from outside of the process: then it is validated under `validation: { on: 'outside' }`, too. Default: false. */
  readonly fromOutside?: boolean | undefined;
}

/** A copy that the caller cannot change; undefined where nothing is said. */
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
