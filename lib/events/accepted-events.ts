import { Beside } from '../messages/beside.js';

/**
 * Of a publish that failed, the events that were accepted. Beside the event or list, since what `publish` returns passes
 * through publishers and subclasses. Written by the event queue and the outside publisher; taken by the commit of an aggregate.
 */
const accepted = new Beside<readonly object[]>();

/**
 * Says which events of a publish that fails were accepted, so that a commit tries the others alone again: those that a
 * publisher took, or whose handlers were called.
 * @param published what was given to `publish` or `publishAll`: the event, or the very array
 * @param events those accepted
 */
export function noteAccepted(published: unknown, events: readonly object[]): void {
  if (typeof published === 'object' && published !== null) accepted.set(published, events);
}

/** Which events of a publish that has failed were accepted; forgotten once it has been asked. */
export function takeAccepted(published: object): ReadonlySet<object> {
  return new Set(accepted.take(published));
}
