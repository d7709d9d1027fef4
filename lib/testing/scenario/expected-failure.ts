import { failedAssertion } from '../flow/failed-assertion.js';
import { errorText, failureText } from '../flow/words.js';

/** The class of an error. */
export type ErrorType = abstract new (...args: never[]) => object;

/** A part of the text of an error, or a pattern of it. */
export type ErrorMessage = string | RegExp;

/** Which error a test expects. */
export interface ExpectedFailure {
  readonly type: ErrorType | undefined;
  readonly message: ErrorMessage | undefined;
}

export const expectedFailure = (
  error: ErrorType | ErrorMessage | undefined,
  message?: ErrorMessage,
): ExpectedFailure => (typeof error === 'function' ? { type: error, message } : { type: undefined, message: error });

export const isExpected = ({ type, message }: ExpectedFailure, error: unknown): boolean => {
  if (type !== undefined && !(error instanceof type)) return false;
  if (message === undefined) return true;
  const text = error instanceof Error ? error.message : String(error);
  return typeof message === 'string' ? text.includes(message) : new RegExp(message).test(text);
};

/** `OutOfStock: /i1/`. */
export const expectedText = ({ type, message }: ExpectedFailure): string =>
  [type?.name ?? (message === undefined ? 'an error' : 'Error'), message === undefined ? [] : String(message)]
    .flat()
    .join(': ');

/**
 * @param what has run, as `PlaceOrder`
 * @param errors all that it has failed with
 * @throws AssertionError if none of them is expected
 */
export function checkFailure(
  what: string,
  expected: ExpectedFailure,
  errors: readonly unknown[],
  more: string[],
): void {
  if (errors.some(error => isExpected(expected, error))) return;
  const lines =
    errors.length === 0
      ? [`${what} has not failed.`, `  Expected: ${expectedText(expected)}`]
      : [
          `${what} has failed with another error.`,
          `  Expected: ${expectedText(expected)}`,
          ...errors.map(error => `  Failed with: ${failureText(error)}`),
        ];
  throw failedAssertion([...lines, ...more], {
    actual: errors.map(errorText),
    expected: [expectedText(expected)],
    cause: errors[0],
  });
}
