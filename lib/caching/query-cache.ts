/** A result that is kept. Everything in it is JSON. */
export interface CachedResult {
  /** As the codec of envelopes writes it. */
  readonly value: unknown;
  /** When its run began, in milliseconds since 1970; of one process, a later run has a greater number. */
  readonly begun: number;
  /** Until when it is fresh, in milliseconds since 1970. Later it is answered for its grace, while another is fetched. */
  readonly freshUntil: number;
}

/** What a cache is told of a result besides. */
export interface CachedResultAbout {
  /** What the result was read from. A touch of one of them ends it. */
  readonly tags: readonly string[];
  /** After so many milliseconds nothing asks for it any more. */
  readonly keep: number;
  /** What `begin` gave before the run. */
  readonly began: unknown;
}

/**
 * Keeps results of `@Cached` queries, for `CqrsModule.forRoot({ cache })`. `memoryCache()` is one; `bentoCache()` of
 * `nestjs-cqrs/cache` another. Methods may answer at once, or with a promise. A failure, or an answer that takes too long,
 * fails no query: it is answered without the cache.
 */
export interface QueryCache {
  /** As logs name it. */
  readonly name: string;
  /** The result that was set last, unless it was removed, is too old, or had to make room. Keys have at most 300 characters. */
  get(key: string): Promise<CachedResult | undefined> | CachedResult | undefined;
  /**
   * Called before a run whose result may be kept, and awaited. What it gives is in `about.began`: a cache of several processes
   * notes there how the tags stand, and so finds a result whose tags another process has touched since. Left out where one
   * process has the cache to itself: its own touches are known.
   */
  begin?(tags: readonly string[]): unknown;
  set(key: string, result: CachedResult, about: CachedResultAbout): Promise<unknown> | void;
  delete(key: string): Promise<unknown> | void;
  /**
   * Removes all results that have one of the tags, of all processes that share the cache. Once it is done, `get` answers none
   * of those that had been set before.
   */
  touch(tags: readonly string[]): Promise<unknown> | void;
  /** Removes all results. */
  clear(): Promise<unknown> | void;
  /**
   * Tells the tags that other processes touch. Left out by a cache of one process.
   * @returns stops telling
   */
  onTouched?(listener: (tags: readonly string[]) => void): () => void;
  /** Called when the application closes. */
  close?(): Promise<unknown> | void;
}
