import { Beside } from '../messages/beside.js';

/**
 * Accepted events of a failed publish, beside it, since publishers and subclasses return own results. Written by the
 * event queue and the outside publisher; taken by the commit of an aggregate.
 */
const accepted = new Beside<readonly object[]>();

/**
 * Accepted: taken by a publisher, or handlers were called. A commit retries the others.
 * @param published the event or the very array
 */
export function noteAccepted(published: unknown, events: readonly object[]): void {
  if (typeof published === 'object' && published !== null) accepted.set(published, events);
}

export function takeAccepted(published: object): ReadonlySet<object> {
  return new Set(accepted.take(published));
}
