import { Beside } from '../messages/beside.js';
import type { Headers } from './header.js';

/**
 * Headers that probes give a message that leaves the process: of the message alone, not of what it causes. Written by
 * its pipeline, read by its envelope.
 */
const leaving = new Beside<Headers>();

export const setLeavingHeaders = (context: object, headers: Headers): void => leaving.set(context, headers);

/** Over those of the context. */
export function withLeavingHeaders(context: object & { readonly headers: Headers }): Headers {
  const added = leaving.of(context);
  return added === undefined ? context.headers : { ...context.headers, ...added };
}
