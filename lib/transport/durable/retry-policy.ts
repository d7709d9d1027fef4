import { count, flag, type RulesFor } from '../../options/option-rules.js';

/** How a failed job is tried again. Stored with the job: the engine computes the times. */
export interface RetryPolicy {
  /** Attempts after the first. */
  readonly limit: number;
  /** Milliseconds before the next attempt; engines may be coarser. */
  readonly delay: number;
  /** Doubles the delay after each attempt, and varies it. */
  readonly backoff: boolean;
  /** The longest delay under backoff, in milliseconds. */
  readonly maxDelay: number;
}

/** How failed messages are tried again; fields left out come from the module option `durable.retry`. */
export interface RetryOptions {
  /** Attempts after the first. Default: 5. */
  readonly limit?: number | undefined;
  /** Milliseconds before the next attempt; Default: 1,000. */
  readonly delay?: number | undefined;
  /** Doubles the delay after each attempt, and varies it. Default: true. */
  readonly backoff?: boolean | undefined;
  /** The longest delay under backoff, in milliseconds. Default: 3,600,000, an hour. */
  readonly maxDelay?: number | undefined;
}

/** The longest delay: 10 years. */
const LONGEST = 315_360_000_000;

export const RETRY: RulesFor<RetryOptions> = {
  limit: count(0, 1_000_000, 5),
  delay: { ...count(0, LONGEST, 1000), expected: 'a number of milliseconds, 0 or more' },
  backoff: flag(true),
  maxDelay: { ...count(0, LONGEST, 3_600_000), expected: 'a number of milliseconds, 0 or more' },
};

/** @param options the first that has a field gives it */
export function policyOf(...options: readonly (RetryOptions | undefined)[]): RetryPolicy {
  const field = <K extends keyof RetryPolicy>(name: K): RetryPolicy[K] =>
    (options.find(each => each?.[name] !== undefined)?.[name] ?? RETRY[name].default) as RetryPolicy[K];
  return { limit: field('limit'), delay: field('delay'), backoff: field('backoff'), maxDelay: field('maxDelay') };
}
