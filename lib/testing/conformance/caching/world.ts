import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { QueryCache } from '../../../extension.js';
import { within } from '../journal.js';
import { until } from '../until.js';
import type { QueryCacheConformanceAdapter } from './adapter.js';
import { telling } from './needs.js';

/** A result that a case puts. */
export interface Putting {
  readonly value?: unknown;
  /** Default: none. */
  readonly tags?: readonly string[];
  /** In milliseconds. Default: an hour. */
  readonly keep?: number;
  /** For so many milliseconds. Default: an hour. */
  readonly fresh?: number;
}

/** What was said before a run. */
type Began = { readonly began: unknown };

const AN_HOUR = 3_600_000;

/** The caches of one case, used as the library uses them. */
export class CacheWorld {
  readonly patience: number;
  private readonly id = randomUUID();
  private readonly open = new Set<QueryCache>();
  private last = 0;

  private constructor(
    private readonly adapter: QueryCacheConformanceAdapter,
    readonly cache: QueryCache,
    /** Of another process, if there are several. */
    readonly elsewhere: QueryCache,
  ) {
    this.patience = adapter.patience ?? 10_000;
    this.open.add(cache).add(elsewhere);
  }

  static async start(adapter: QueryCacheConformanceAdapter): Promise<CacheWorld> {
    const cache = await adapter.cache();
    const world = new CacheWorld(adapter, cache, adapter.isShared ? await adapter.cache() : cache);
    await Promise.all([world.hears(cache, world.elsewhere), world.hears(world.elsewhere, cache)]);
    return world;
  }

  /** Of yet another process. */
  async another(): Promise<QueryCache> {
    const cache = await this.adapter.cache();
    this.open.add(cache);
    await this.hears(cache, this.cache);
    return cache;
  }

  /** As the library makes keys: the name and version of a query of this case, and JSON. */
  key(own: string): string {
    return `${JSON.stringify(`conformance ${this.id}`)}@1:${JSON.stringify(own)}`;
  }

  /** Of this case. */
  tag(own: string): string {
    return `${this.id} ${own}`;
  }

  async begin(cache: QueryCache, tags: readonly string[]): Promise<Began> {
    return { began: tags.length === 0 ? undefined : await cache.begin?.(tags) };
  }

  /** Puts a result as after a run: says that it begins, and sets it. */
  async put(cache: QueryCache, key: string, putting: Putting = {}): Promise<void> {
    await this.set(cache, key, putting, await this.begin(cache, putting.tags ?? []));
  }

  async set(
    cache: QueryCache,
    key: string,
    { value = 'value', tags = [], keep = AN_HOUR, fresh = AN_HOUR }: Putting,
    { began }: Began,
  ): Promise<void> {
    // Each run has a later number.
    this.last = Math.max(Date.now(), this.last + 0.001);
    await cache.set(key, { value, begun: this.last, freshUntil: Date.now() + fresh }, { tags, keep, began });
  }

  /** Undefined if there is none. */
  async valueIn(cache: QueryCache, key: string): Promise<unknown> {
    return (await cache.get(key))?.value;
  }

  /** By key, in order. */
  valuesIn(cache: QueryCache, keys: readonly string[]): Promise<unknown[]> {
    return Promise.all(keys.map(key => this.valueIn(cache, key)));
  }

  /** What happens to another process is seen soon; then it stays so. */
  async soon(cache: QueryCache, key: string, value: unknown): Promise<void> {
    await this.until(async () => (await this.valueIn(cache, key)) === value, `${key} has the value ${String(value)}`);
    await this.pause();
    assert.equal(await this.valueIn(cache, key), value, `${key} has an earlier value again.`);
  }

  until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
    return until(holds, this.patience, what);
  }

  /** Long enough for what must not happen. */
  async pause(): Promise<void> {
    await new Promise(resolve => setTimeout(resolve, 50));
  }

  async close(...caches: readonly QueryCache[]): Promise<void> {
    const all = caches.filter(cache => this.open.delete(cache));
    await within(Promise.all(all.map(async cache => cache.close?.())), this.patience, 'it closes');
  }

  closeAll(): Promise<void> {
    return this.close(...this.open);
  }

  /** A bus may need a moment before it tells. Whether it does is left to the cases. */
  private async hears(listening: QueryCache, touching: QueryCache): Promise<void> {
    if (telling(this.adapter) !== undefined || listening.onTouched === undefined) return;
    const heard: unknown[] = [];
    const stop = listening.onTouched(tags => heard.push(...tags));
    const end = performance.now() + this.patience;
    while (heard.length === 0 && performance.now() < end) {
      await touching.touch([this.tag('hello')]);
      await new Promise(resolve => setTimeout(resolve, 5));
    }
    stop();
  }
}
