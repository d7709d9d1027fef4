import type { DispatchOptions, MessageContext, MessageInstance } from '../../index.js';

/** What a middleware does on purpose, and is not checked for. */
export type MiddlewareEffect =
  /** Gives the caller another result. */
  | 'changes results'
  /** Gives the caller another error, or a result in its place. */
  | 'changes errors'
  /** Gives the handler another message. */
  | 'replaces messages'
  /** Calls the handler several times, or not at all. */
  | 'repeats';

/** One run of a message through a middleware. */
export interface MiddlewareRun {
  /** What the caller gets; undefined if it gets an error. */
  readonly result: unknown;
  /** The error that the caller gets; undefined if it gets a result. */
  readonly error: unknown;
  /** The messages that reached the handler, one for each `next()`. */
  readonly handled: readonly object[];
  /** What the middleware and the handler were given; undefined if the message did not reach the handler. */
  readonly context: MessageContext | undefined;
}

/** A handler for a run: answers for one attempt after another, of which an `Error` fails; or a function. */
export type Attempts = readonly unknown[] | ((message: object, context: MessageContext) => unknown);

/** Sends a message through a middleware. */
export type RunThrough = (
  message: MessageInstance,
  attempts?: Attempts,
  options?: DispatchOptions,
) => Promise<MiddlewareRun>;
