import type { FailureJSON, RetryPolicy } from '../../extension.js';

/** What the adapter keeps in the column `data`, beside what it was given. */
export interface StoredData {
  /** As it was given, where the id in the engine is another. */
  readonly id?: string;
  readonly retry?: RetryPolicy;
  readonly data?: unknown;
  /** In place of `data`: its JSON, where `jsonb` would refuse it. */
  readonly json?: string;
}

/** As `fetch` gives it; pg-boss 12 gives more. */
export interface FetchedJob {
  readonly id: string;
  readonly data: unknown;
  readonly retryCount: number;
  readonly retryLimit: number;
  /** Seconds. */
  readonly retryDelay: number;
  readonly retryBackoff: boolean;
  /** Of pg-boss 10 in milliseconds since 1970, with their fractions. */
  readonly createdOn: Date | number;
  /** The same of this attempt. A database of the user may give another form. */
  readonly startedOn: unknown;
  readonly output: unknown;
}

/** What tells one attempt from all others that the engine has made, and will make, with the same id. */
export interface AttemptKey {
  readonly id: string;
  readonly retryCount: number;
  /** Milliseconds since 1970, on the clock of the engine; null where the database has given it in an unknown form. */
  readonly start: number | null;
}

export const attemptKey = ({ id, retryCount, startedOn }: FetchedJob): AttemptKey => ({
  id,
  retryCount,
  start: millisecondsSince1970(startedOn),
});

/** As PostgreSQL ends a time that does not depend on where it is read. */
const WITH_OFFSET = /\d(Z|[+-]\d\d(:?\d\d)?)$/;

function millisecondsSince1970(time: unknown): number | null {
  const text = typeof time === 'string' && WITH_OFFSET.test(time) ? Date.parse(time) : undefined;
  const found = time instanceof Date ? time.getTime() : (text ?? time);
  return typeof found === 'number' && Number.isFinite(found) ? found : null;
}

/** Text that `jsonb` refuses: the letter 0, and halves of letters. */
const REFUSED = /\\u(0000|d[89a-f])/i;

/**
 * Whether `jsonb` would refuse this JSON.
 * perf: few texts have such a letter; the expression alone takes ten times as long.
 */
export const isRefused = (json: string): boolean => json.includes('\\u') && REFUSED.test(json);

/** What goes into the column `data`: as it is, or with the JSON of the message as a text. */
export function packed({ data, ...said }: StoredData): StoredData {
  const json = JSON.stringify(data) as string | undefined;
  return json === undefined || !isRefused(json) ? { ...said, data } : { ...said, json };
}

/** @returns JSON for the column `output` */
export const packedFailure = (error: FailureJSON): string => {
  const json = JSON.stringify(error);
  return isRefused(json) ? JSON.stringify({ json }) : json;
};

/** What a row holds. Rows of others, which hold something else, keep their own id and data. */
export function unpacked(row: { id: string; data: unknown }): { id: string; data: unknown; retry?: RetryPolicy } {
  const stored = parsed(row.data);
  if (!isRecord(stored) || !isRecord(stored['retry'])) return { id: row.id, data: stored };
  const { id, retry, data, json } = stored as StoredData;
  const original = typeof json === 'string' ? parsed(json) : data;
  return { id: typeof id === 'string' ? id : row.id, data: original, retry: retry as RetryPolicy };
}

/** What the column `output` holds after a failure: of this adapter, or of pg-boss. */
export function failureOf(output: unknown): FailureJSON | undefined {
  const stored = parsed(output);
  const failure = isRecord(stored) && typeof stored['json'] === 'string' ? parsed(stored['json']) : stored;
  if (failure === null || failure === undefined) return undefined;
  if (isFailure(failure)) return failure;
  const said = isRecord(failure) ? (failure['value'] ?? failure) : failure;
  const message = isRecord(said) ? said['message'] : said;
  return { name: 'Error', message: typeof message === 'string' ? message : textOf(said) };
}

/** Rows of others may be deeper than `JSON.stringify` goes: one must not hide the dead letters of its queue. */
function textOf(said: unknown): string {
  try {
    return JSON.stringify(said);
  } catch {
    return 'what the engine has stored cannot be shown';
  }
}

/** The longest pause that `@Durable` takes, 10 years: PostgreSQL refuses longer ones of rows of others. */
const LONGEST_PAUSE = 315_360_000_000;

/** Milliseconds before the attempt after this one. */
export function pauseAfter(job: FetchedJob, retry: RetryPolicy | undefined, random = Math.random): number {
  const delay = millisecondsOf(retry?.delay) ?? job.retryDelay * 1000;
  if (!(retry?.backoff ?? job.retryBackoff)) return delay;
  const doubled = Math.max(delay, 1) * 2 ** Math.min(job.retryCount, 30);
  return Math.min(doubled / 2 + (doubled / 2) * random(), millisecondsOf(retry?.maxDelay) ?? LONGEST_PAUSE);
}

export interface RetryColumns {
  readonly retryLimit: number;
  readonly retryDelay: number;
  readonly retryBackoff: boolean;
  readonly retryDelayMax: number | null;
}

/** The retry policy as pg-boss has it: in seconds, rounded up. It uses them where a lease ends. */
export const retryColumns = (retry: RetryPolicy): RetryColumns => ({
  retryLimit: Math.min(retry.limit, 2 ** 31 - 1),
  retryDelay: seconds(retry.delay),
  retryBackoff: retry.backoff,
  retryDelayMax: retry.backoff ? Math.max(seconds(retry.maxDelay), 1) : null,
});

/** The engine counts them as an integer. */
export const seconds = (milliseconds: number): number => Math.min(Math.ceil(milliseconds / 1000), 2 ** 31 - 1);

const millisecondsOf = (given: unknown): number | undefined =>
  typeof given === 'number' && given >= 0 ? Math.min(given, LONGEST_PAUSE) : undefined;

const isFailure = (value: unknown): value is FailureJSON =>
  isRecord(value) && typeof value['name'] === 'string' && typeof value['message'] === 'string';

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** A database of the user may leave JSON as text. */
export function parsed(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
