import { assertOptions, count, type RulesFor } from '../options/option-rules.js';
import { bytesOf } from './bytes-of.js';
import type { CachedResult, CachedResultAbout, QueryCache } from './query-cache.js';

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

interface Kept {
  readonly result: CachedResult;
  readonly tags: readonly string[];
  readonly until: number;
  readonly bytes: number;
}

/** Of an entry beside its texts, and of one that is the only one of its tag, in bytes: measured with Node 22. */
const ENTRY = 320;
const TAG = 260;

/** So many of the oldest answers are looked at when one comes: those whose time is up leave. */
const SWEPT = 2;

class MemoryCache implements QueryCache {
  readonly name = 'in memory';

  private readonly most: Required<MemoryCacheOptions>;
  /** The one that was asked longest ago first. */
  private readonly kept = new Map<string, Kept>();
  private readonly byTag = new Map<string, Set<string>>();
  private bytes = 0;

  constructor(options: MemoryCacheOptions) {
    assertOptions(options, RULES, 'memoryCache()');
    this.most = { bytes: options.bytes ?? 67_108_864, entries: options.entries ?? Infinity };
  }

  get(key: string): CachedResult | undefined {
    const kept = this.kept.get(key);
    if (kept === undefined) return undefined;
    this.kept.delete(key);
    if (kept.until <= Date.now()) {
      this.left(key, kept);
      return undefined;
    }
    this.kept.set(key, kept);
    return kept.result;
  }

  set(key: string, result: CachedResult, { tags, keep }: CachedResultAbout): void {
    this.delete(key);
    const bytes = sizeOf(key, result, tags);
    if (bytes > this.most.bytes) return;
    this.kept.set(key, { result, tags, until: Date.now() + keep, bytes });
    this.bytes += bytes;
    for (const tag of tags) {
      const keys = this.byTag.get(tag);
      if (keys === undefined) this.byTag.set(tag, new Set([key]));
      else keys.add(key);
    }
    this.sweep();
  }

  delete(key: string): void {
    const kept = this.kept.get(key);
    if (kept === undefined) return;
    this.kept.delete(key);
    this.left(key, kept);
  }

  touch(tags: readonly string[]): void {
    for (const tag of tags) for (const key of this.byTag.get(tag) ?? []) this.delete(key);
  }

  clear(): void {
    this.kept.clear();
    this.byTag.clear();
    this.bytes = 0;
  }

  close(): void {
    this.clear();
  }

  private left(key: string, { tags, bytes }: Kept): void {
    this.bytes -= bytes;
    for (const tag of tags) {
      const keys = this.byTag.get(tag);
      if (keys?.delete(key) === true && keys.size === 0) this.byTag.delete(tag);
    }
  }

  private sweep(): void {
    const now = Date.now();
    let seen = 0;
    for (const [key, { until }] of this.kept) {
      const isTooMuch = this.bytes > this.most.bytes || this.kept.size > this.most.entries;
      if (!isTooMuch && ++seen > SWEPT) return;
      if (isTooMuch || until <= now) this.delete(key);
    }
  }
}

/** Texts take up to two bytes a character. */
const sizeOf = (key: string, { value }: CachedResult, tags: readonly string[]): number =>
  ENTRY + 2 * key.length + bytesOf(value) + tags.reduce((sum, tag) => sum + TAG + 2 * tag.length, 0);
