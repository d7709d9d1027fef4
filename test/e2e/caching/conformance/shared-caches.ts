import type { CachedResult, CachedResultAbout, QueryCache } from 'nestjs-cqrs/extension';
import type { QueryCacheConformanceAdapter } from 'nestjs-cqrs/testing';

interface Row {
  readonly json: string;
  /** Of its tags, before its run. */
  readonly versions: readonly (readonly [tag: string, version: number])[];
  readonly until: number;
}

/** What several processes share. */
export class Store {
  readonly rows = new Map<string, Row>();
  readonly versions = new Map<string, number>();
  readonly open = new Set<SharedCache>();
  /** How often all was removed: results of runs that began before do not count. */
  cleared = 0;

  versionOf = (tag: string): number => (this.versions.get(tag) ?? 0) + this.cleared;
}

/** A cache of several processes, each call of which takes a moment; and what each touches is told to the others. */
export class SharedCache implements QueryCache {
  readonly name = 'shared';
  readonly listeners = new Set<(tags: readonly string[]) => void>();

  constructor(readonly store: Store) {
    store.open.add(this);
  }

  async get(key: string): Promise<CachedResult | undefined> {
    await moment();
    const row = this.store.rows.get(key);
    if (row === undefined || row.until <= Date.now()) return undefined;
    if (row.versions.some(([tag, version]) => this.store.versionOf(tag) !== version)) return undefined;
    return JSON.parse(row.json) as CachedResult;
  }

  async begin(tags: readonly string[]): Promise<unknown> {
    await moment();
    return tags.map(tag => [tag, this.store.versionOf(tag)]);
  }

  async set(key: string, result: CachedResult, { keep, began }: CachedResultAbout): Promise<void> {
    await moment();
    const versions = (began ?? []) as Row['versions'];
    this.store.rows.set(key, { json: JSON.stringify(result), versions, until: Date.now() + keep });
  }

  async delete(key: string): Promise<void> {
    await moment();
    this.store.rows.delete(key);
  }

  async touch(tags: readonly string[]): Promise<void> {
    await moment();
    for (const tag of tags) this.store.versions.set(tag, (this.store.versions.get(tag) ?? 0) + 1);
    this.tell(tags);
  }

  async clear(): Promise<void> {
    await moment();
    this.store.rows.clear();
    this.store.cleared += 1;
  }

  onTouched(listener: (tags: readonly string[]) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.store.open.delete(this);
  }

  /** Tells the others, a moment later. */
  tell(tags: readonly string[]): void {
    for (const other of this.store.open) if (other !== this) setImmediate(() => other.hear(tags));
  }

  hear(tags: readonly string[]): void {
    for (const listener of this.listeners) listener(tags);
  }
}

export const moment = () => new Promise(resolve => setImmediate(resolve));

/** @param make makes the cache of one process */
export const sharedCaches = (
  make: (store: Store) => QueryCache = store => new SharedCache(store),
): QueryCacheConformanceAdapter => {
  const store = new Store();
  return { name: 'shared', isShared: true, cache: () => make(store) };
};
