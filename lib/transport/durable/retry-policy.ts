/** How a failed job is tried again. Stored with the job: the engine computes the times. */
export interface RetryPolicy {
  /** Attempts after the first. */
  readonly limit: number;
  /** Milliseconds before the next attempt; engines may round up to seconds. */
  readonly delay: number;
  /** Doubles the delay after each attempt, and varies it. */
  readonly backoff: boolean;
  /** The longest delay under backoff, in milliseconds. */
  readonly maxDelay: number;
}
