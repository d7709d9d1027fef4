/** What `publishAll` was given, as a list of its own; a single event becomes a list. */
export const toEvents = (given: Iterable<object> | object): readonly object[] =>
  Symbol.iterator in Object(given) ? [...(given as Iterable<object>)] : [given];
