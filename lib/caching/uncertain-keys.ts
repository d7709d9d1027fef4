/**
 * Keys of results that are on their way to the cache: what it answers for them may be overtaken, so this process does not read
 * them meanwhile.
 */
export class UncertainKeys {
  private readonly counts = new Map<string, number>();

  has(key: string): boolean {
    return this.counts.has(key);
  }

  /** @returns call it when the result has arrived, or is certain not to */
  add(key: string): () => void {
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
    return () => {
      const left = this.counts.get(key)! - 1;
      if (left === 0) this.counts.delete(key);
      else this.counts.set(key, left);
    };
  }
}
