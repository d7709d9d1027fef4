import type { QueryCache } from '../../../extension.js';

/** A cache of queries under test. */
export interface QueryCacheConformanceAdapter {
  /** Shown in failures. */
  readonly name: string;
  /** Whether several processes share what it keeps. Then `cache()` gives another one each time, as another process has it. */
  readonly isShared: boolean;
  /** Whether one hears of the tags that another touches. Default: as `isShared`. */
  readonly tellsTouches?: boolean;
  /** With room for 1,000 results. Other cases may have left some in it. The suite clears it, and closes it. */
  cache(): QueryCache | Promise<QueryCache>;
  /** How long cases wait for what must happen, as until a touch has reached another process, in milliseconds. Default: 10,000. */
  readonly patience?: number;
}
