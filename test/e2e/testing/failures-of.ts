import { AssertionError } from 'node:assert';
import { join } from 'node:path';
import { goldenText, steady } from '../../support/golden.js';

/** The text of a file, that an error should have. */
export const golden = (name: string, error: AssertionError) =>
  goldenText(join(import.meta.dirname, 'texts', `${name}.txt`), steady(error.message));

/** In Jest, errors of `node:assert` would have a line of Jest above their text. */
const isAssertion = (error: unknown): AssertionError => {
  expect(error).toBeInstanceOf(Error);
  expect(error).not.toBeInstanceOf(AssertionError);
  expect(Object.keys(error as Error)).toEqual(expect.arrayContaining(['actual', 'expected']));
  return error as AssertionError;
};

export const failureOf = (run: () => unknown): AssertionError => {
  try {
    run();
  } catch (error) {
    return isAssertion(error);
  }
  throw new Error('It has not failed.');
};

export const rejectionOf = (promise: Promise<unknown>): Promise<AssertionError> =>
  promise.then(
    () => Promise.reject(new Error('It has not failed.')),
    error => isAssertion(error),
  );

/** A failed assertion has the text of a file. */
export const expectText = (name: string, error: AssertionError): void =>
  expect(steady(error.message)).toBe(golden(name, error));

/** A matcher fails, with the text of a file. */
export function failureOfMatcher(name: string, run: () => unknown): void {
  let text = '(It has not failed.)';
  try {
    run();
  } catch (error) {
    text = (error as Error).message;
  }
  expect(steady(text)).toBe(golden(name, { message: text } as AssertionError));
}
