import { UnrecoverableError, type BackoffStrategy, type Job as BullJob, type JobsOptions } from 'bullmq';
import type { FailureJSON, Job, JobData, Outcome, RetryPolicy } from '../../extension.js';

/** What a job of BullMQ carries. */
export interface StoredData {
  readonly data: JobData;
  readonly retry: RetryPolicy;
}

const BACKOFF = 'cqrs';

/** BullMQ writes no infinite numbers. */
const MOST_ATTEMPTS = 2 ** 31;

/** BullMQ multiplies times by 4096. */
const LONGEST_DELAY = 2 ** 40;

/** What BullMQ is told of the retries of a job. */
export interface RetryOptions extends JobsOptions {
  readonly attempts: number;
  readonly backoff?: { readonly type: string; readonly delay: number };
  readonly stackTraceLimit: number;
}

/** How often a job is tried, and when again. */
export const retryOptions = (retry: RetryPolicy): RetryOptions => ({
  attempts: Math.min(retry.limit + 1, MOST_ATTEMPTS),
  ...(retry.delay > 0 && {
    backoff: { type: retry.backoff ? BACKOFF : 'fixed', delay: Math.min(Math.ceil(retry.delay), LONGEST_DELAY) },
  }),
  // The failure of the last attempt is kept there.
  stackTraceLimit: 1,
});

/**
 * How long a job waits that is stored at `now`, in milliseconds since 1970.
 * @throws TypeError for a time that is not valid
 */
export function delayOf({ id, delay = 0, at }: Job, now: number): number {
  const wait = Math.max(Math.ceil(delay), at === undefined ? 0 : at.getTime() - now, 0);
  if (Number.isNaN(wait)) throw new TypeError(`The time of the job "${id}" is not valid.`);
  return Math.min(wait, LONGEST_DELAY);
}

/** The delay doubles after each attempt, up to the longest, and varies by half. */
export const nextDelay = ({ delay, maxDelay }: RetryPolicy, failures: number): number => {
  const longest = Math.min(delay * 2 ** (failures - 1), Math.max(maxDelay, 0), LONGEST_DELAY);
  return Math.ceil(longest * (0.5 + Math.random() / 2));
};

/** For the settings of a worker. */
export const backoffStrategy: BackoffStrategy = (failures, _type, _error, job) => {
  const stored = job?.data as StoredData | undefined;
  return stored?.retry === undefined ? 0 : nextDelay(stored.retry, failures);
};

/** What was stored, also where another program has stored it. */
export function dataOf({ data }: { readonly data: unknown }): unknown {
  return typeof data === 'object' && data !== null && 'data' in data ? data.data : data;
}

/** What tells BullMQ that an attempt has failed. Dashboards show the message; the failure itself is where they show a stack. */
export function failureError({ error, isDead }: Extract<Outcome, { isDone: false }>): Error {
  const text = `${error.name}: ${error.message}`;
  const thrown = isDead ? new UnrecoverableError(text) : new Error(text);
  thrown.stack = JSON.stringify(error);
  return thrown;
}

/** Why the last attempt has failed. */
export function lastFailureOf({ stacktrace, failedReason, attemptsMade }: Failed): FailureJSON | undefined {
  const kept: unknown = Array.isArray(stacktrace) ? stacktrace.at(-1) : undefined;
  const failure = typeof kept === 'string' && attemptsMade > 0 ? jsonOr(kept, undefined) : undefined;
  if (isFailure(failure)) return failure;
  return failedReason ? { name: 'Error', message: failedReason } : undefined;
}

/** What a job of BullMQ tells of its last attempt. */
interface Failed {
  readonly attemptsMade: number;
  readonly failedReason?: string | undefined;
  readonly stacktrace?: unknown;
}

const isFailure = (value: unknown): value is FailureJSON =>
  typeof value === 'object' && value !== null && 'name' in value && 'message' in value;

/** What the text holds, or `other` if it is not JSON. */
export function jsonOr(text: string, other: unknown): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return other;
  }
}

/**
 * Attempts that have ended. One whose process has died, or whose lease was lost, is one of them, and the job gets
 * another for it: BullMQ does not count it as a failure.
 */
export const attemptsOf = ({
  attemptsMade,
  stalledCounter,
}: Pick<BullJob, 'attemptsMade' | 'stalledCounter'>): number => attemptsMade + stalledCounter;

/** How many attempts there are at most. */
export const mostAttemptsOf = ({ opts, stalledCounter }: BullJob): number => (opts.attempts || 1) + stalledCounter;
