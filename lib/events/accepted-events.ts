const accepted = new WeakMap<object, readonly object[]>();

/**
 * Says which events were accepted of a publish that fails, so that whoever tries again repeats only the others:
 * those that a publisher took, and in this process those that were handed to the handlers, whatever came of it.
 * @param published what was given to `publish` or `publishAll`: the event, or the very array
 * @param events those accepted
 */
export function noteAccepted(published: unknown, events: readonly object[]): void {
  if (typeof published === 'object' && published !== null) accepted.set(published, events);
}

/** Which events of a publish that has failed were accepted; forgotten once it has been asked. */
export function takeAccepted(published: object): ReadonlySet<object> {
  const events = new Set(accepted.get(published));
  accepted.delete(published);
  return events;
}
