import { Beside } from '../messages/beside.js';

/**
 * Accepted events of a failed publish. Beside the event or list, since publishers and subclasses return results of
 * their own. Written by the event queue and the outside publisher; taken by the commit of an aggregate.
 */
const accepted = new Beside<readonly object[]>();

/**
 * Accepted events were taken by a publisher, or their handlers were called: a commit retries the others.
 * @param published the event or the very array
 */
export function noteAccepted(published: unknown, events: readonly object[]): void {
  if (typeof published === 'object' && published !== null) accepted.set(published, events);
}

export function takeAccepted(published: object): ReadonlySet<object> {
  return new Set(accepted.take(published));
}
