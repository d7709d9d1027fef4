/** At more tags, all earlier results count as touched. */
const MOST = 10_000;

/**
 * Touches that the cache does not have yet, or could not be told: results that began before them are not answered. One number
 * per tag, the latest touch.
 */
export class KeptTouches {
  private readonly times = new Map<string, number>();
  /** All results that began before count as touched: there were too many tags. */
  private floor = 0;

  get isEmpty(): boolean {
    return this.times.size === 0 && this.floor === 0;
  }

  /** Tags that the cache must be told. */
  get tags(): string[] {
    return [...this.times.keys()];
  }

  /** Whether the cache must be cleared, since the tags are no longer known. */
  get hasFloor(): boolean {
    return this.floor > 0;
  }

  add(tags: readonly string[], time: number): void {
    for (const tag of tags) this.times.set(tag, time);
  }

  /** The cache could not be told: they must be remembered, as far as memory goes. */
  limit(time: number): void {
    if (this.times.size <= MOST) return;
    this.floor = time;
    this.times.clear();
  }

  /** The cache has been told, and the tags have not been touched again since. */
  remove(tags: readonly string[], upTo: number): void {
    for (const tag of tags) if ((this.times.get(tag) ?? Infinity) <= upTo) this.times.delete(tag);
  }

  removeFloor(upTo: number): void {
    if (this.floor <= upTo) this.floor = 0;
  }

  /** @param begun when the run of the result began */
  isTouched(tags: readonly string[], begun: number): boolean {
    return begun <= this.floor || tags.some(tag => begun <= (this.times.get(tag) ?? 0));
  }
}
