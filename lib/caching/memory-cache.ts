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

/** So many answers are looked at when one comes: those whose time is up leave. */
const SWEPT = 2;

/**
 * The keys of a map, one after the other, again and again; those that were added last come last.
 *
 * perf: a new iteration walks over all places at the front from which entries have left: 80 µs for each answer of a full cache.
 */
class Keys {
  private iterator: Iterator<string> | undefined;
  private left = 0;

  constructor(private readonly map: ReadonlyMap<string, unknown>) {}

  /** The map must not be empty. */
  next(): string {
    // An entry that is read goes to the end: without a limit, one iteration would follow it for ever.
    if (this.left <= 0) {
      this.iterator = this.map.keys();
      this.left = this.map.size;
    }
    this.left -= 1;
    const { done, value } = this.iterator!.next();
    if (done !== true) return value;
    this.left = 0;
    return this.next();
  }
}

class MemoryCache implements QueryCache {
  readonly name = 'in memory';

  private readonly most: Required<MemoryCacheOptions>;
  /** The one that was asked longest ago first. */
  private readonly kept = new Map<string, Kept>();
  /** Each key that it gives leaves at once. */
  private readonly oldest = new Keys(this.kept);
  private readonly swept = new Keys(this.kept);
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
    this.makeRoom();
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

  private makeRoom(): void {
    while (this.bytes > this.most.bytes || this.kept.size > this.most.entries) this.delete(this.oldest.next());
    const now = Date.now();
    for (let seen = 0; seen < SWEPT && this.kept.size > 0; seen++) {
      const key = this.swept.next();
      if (this.kept.get(key)!.until <= now) this.delete(key);
    }
  }
}

/** Texts take up to two bytes a character. */
const sizeOf = (key: string, { value }: CachedResult, tags: readonly string[]): number =>
  ENTRY + 2 * key.length + bytesOf(value) + tags.reduce((sum, tag) => sum + TAG + 2 * tag.length, 0);
