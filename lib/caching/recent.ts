/** One of a list by recency. */
export interface Recent {
  /** The one that was used before it. Written by the list. */
  older?: this | undefined;
  newer?: this | undefined;
}

/**
 * Entries in the order in which they were used last.
 *
 * perf: the order of a `Map` would do; but its front is full of places from which entries have left, and to walk over them took
 * 80 µs of the processor for each answer of a full cache. An iterator that is kept holds all tables that the map has had since.
 */
export class RecentList<E extends Recent> {
  /** Undefined: there is none. Written by the list. */
  oldest: E | undefined;
  private newest: E | undefined;

  add(entry: E): void {
    entry.older = this.newest;
    entry.newer = undefined;
    if (this.newest === undefined) this.oldest = entry;
    else this.newest.newer = entry;
    this.newest = entry;
  }

  remove(entry: E): void {
    const { older, newer } = entry;
    if (older === undefined) this.oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.newest = older;
    else newer.older = older;
  }

  used(entry: E): void {
    if (entry === this.newest) return;
    this.remove(entry);
    this.add(entry);
  }

  clear(): void {
    this.oldest = undefined;
    this.newest = undefined;
  }
}
