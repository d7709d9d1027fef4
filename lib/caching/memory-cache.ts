import { assertOptions, count, type RulesFor } from '../options/option-rules.js';
import { bytesOf } from './bytes-of.js';
import type { CachedResult, CachedResultAbout, QueryCache } from './query-cache.js';
import { RecentList, type Recent } from './recent.js';

/** Options of `memoryCache()`. */
export interface MemoryCacheOptions {
  /** How much memory answers may take, in bytes, as far as it can be told. Then the one that was asked longest ago leaves. Default: 67,108,864, which is 64 MiB. */
  readonly bytes?: number;
  /** How many answers are kept at most. Default: no limit. */
  readonly entries?: number;
}

const RULES: RulesFor<MemoryCacheOptions> = { bytes: count(1), entries: count(1) };

/** Answers in the memory of this process. */
export const memoryCache = (options: MemoryCacheOptions = {}): QueryCache => new MemoryCache(options);

interface Kept extends Recent {
  readonly key: string;
  readonly result: CachedResult;
  readonly tags: readonly string[];
  readonly until: number;
  readonly bytes: number;
}

/** Of an entry beside its texts, and of one that is the only one of its tag, in bytes: measured with Node 22. */
const ENTRY = 344;
const TAG = 260;

/** So many of the oldest answers are looked at when one comes: those whose time is up leave. */
const SWEPT = 2;

class MemoryCache implements QueryCache {
  readonly name = 'in memory';

  private readonly most: Required<MemoryCacheOptions>;
  private readonly kept = new Map<string, Kept>();
  private readonly recent = new RecentList<Kept>();
  private readonly byTag = new Map<string, Set<string>>();
  private bytes = 0;

  constructor(options: MemoryCacheOptions) {
    assertOptions(options, RULES, 'memoryCache()');
    this.most = { bytes: options.bytes ?? 67_108_864, entries: options.entries ?? Infinity };
  }

  get(key: string): CachedResult | undefined {
    const kept = this.kept.get(key);
    if (kept === undefined) return undefined;
    if (kept.until <= Date.now()) {
      this.remove(kept);
      return undefined;
    }
    this.recent.used(kept);
    return kept.result;
  }

  set(key: string, result: CachedResult, { tags, keep }: CachedResultAbout): void {
    this.delete(key);
    const bytes = sizeOf(key, result, tags);
    if (bytes > this.most.bytes) return;
    const kept: Kept = { key, result, tags, until: Date.now() + keep, bytes };
    this.kept.set(key, kept);
    this.recent.add(kept);
    this.bytes += bytes;
    for (const tag of tags) {
      const keys = this.byTag.get(tag);
      if (keys === undefined) this.byTag.set(tag, new Set([key]));
      else keys.add(key);
    }
    this.makeRoom();
  }

  delete(key: string): void {
    const kept = this.kept.get(key);
    if (kept !== undefined) this.remove(kept);
  }

  touch(tags: readonly string[]): void {
    for (const tag of tags) for (const key of this.byTag.get(tag) ?? []) this.delete(key);
  }

  clear(): void {
    this.kept.clear();
    this.recent.clear();
    this.byTag.clear();
    this.bytes = 0;
  }

  close(): void {
    this.clear();
  }

  private remove(kept: Kept): void {
    const { key, tags, bytes } = kept;
    this.kept.delete(key);
    this.recent.remove(kept);
    this.bytes -= bytes;
    for (const tag of tags) {
      const keys = this.byTag.get(tag);
      if (keys?.delete(key) === true && keys.size === 0) this.byTag.delete(tag);
    }
  }

  private makeRoom(): void {
    const now = Date.now();
    let seen = 0;
    for (let kept = this.recent.oldest; kept !== undefined; kept = kept.newer) {
      const isTooMuch = this.bytes > this.most.bytes || this.kept.size > this.most.entries;
      if (!isTooMuch && ++seen > SWEPT) return;
      if (isTooMuch || kept.until <= now) this.remove(kept);
    }
  }
}

/** Texts take up to two bytes a character. */
const sizeOf = (key: string, { value }: CachedResult, tags: readonly string[]): number =>
  ENTRY + 2 * key.length + bytesOf(value) + tags.reduce((sum, tag) => sum + TAG + 2 * tag.length, 0);
