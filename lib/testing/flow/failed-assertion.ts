import { AssertionError } from 'node:assert';

/** What a text is about; runners draw the difference from it. */
export interface Compared {
  readonly actual?: unknown;
  readonly expected?: unknown;
  readonly cause?: unknown;
}

/**
 * Jest writes `assert.fail(received, expected)` above the text of an error that it takes for one of `node:assert`, by its
 * class, name or code.
 */
const isInJest = ({ JEST_WORKER_ID, VITEST, NODE_TEST_CONTEXT }: NodeJS.ProcessEnv = process.env): boolean =>
  JEST_WORKER_ID !== undefined && VITEST === undefined && NODE_TEST_CONTEXT === undefined;

const made = new WeakSet<Error>();

/**
 * An error of `node:assert`, which other runners know, or a plain one in Jest; both with what was expected and what there
 * is. Its text stands as it is.
 */
export function failedAssertion(
  lines: readonly string[],
  { actual, expected, cause }: Compared = {},
  below?: (...args: never[]) => unknown,
): Error {
  const message = lines.join('\n');
  const error = isInJest()
    ? Object.assign(new Error(message), { actual, expected })
    : new AssertionError({ message, actual, expected, operator: 'fail' });
  if (below !== undefined) Error.captureStackTrace(error, below);
  if (cause !== undefined) error.cause = cause;
  made.add(error);
  return error;
}

/** Whether a text of the kit is in it; others are errors of the application. */
export const isFailedAssertion = (error: unknown): error is Error => error instanceof Error && made.has(error);
