import { AssertionError } from 'node:assert';

/** What a text is about; runners draw the difference from it. */
export interface Compared {
  readonly actual?: unknown;
  readonly expected?: unknown;
  readonly cause?: unknown;
}

/** An error of `node:assert`, which every runner knows. Its text stands as it is. */
export function failedAssertion(
  lines: readonly string[],
  { actual, expected, cause }: Compared = {},
  below?: (...args: never[]) => unknown,
): AssertionError {
  const message = lines.join('\n');
  const stackStartFn = below as ((...args: unknown[]) => unknown) | undefined;
  const error = new AssertionError({
    message,
    actual,
    expected,
    operator: 'fail',
    ...(stackStartFn && { stackStartFn }),
  });
  if (cause !== undefined) error.cause = cause;
  return error;
}
