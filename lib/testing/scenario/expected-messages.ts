import { difference, matches, satisfied } from '../flow/difference.js';
import { failedAssertion } from '../flow/failed-assertion.js';
import { indented } from '../flow/words.js';

/** What a test expects, and what there is. */
export interface ComparedMessages {
  /** Before the difference, as `PlaceOrder published other events than expected:`. */
  readonly heading: string;
  readonly expected: readonly object[];
  readonly actual: readonly object[];
  /** After the difference. */
  readonly more?: readonly string[];
}

/** An empty list says nothing beside the other one. */
const NONE = /^. \[\]$/;

/** @throws AssertionError unless there are exactly these messages, in this order */
export function checkMessages({ heading, expected, actual, more = [] }: ComparedMessages): void {
  if (expected.length === actual.length && expected.every((one, i) => matches(one, actual[i]))) return;
  const lines = difference(aligned(expected, actual), actual).filter(line => !NONE.test(line));
  throw failedAssertion([heading, ...indented(lines), ...more], { actual, expected });
}

/** Expected messages with the values that matchers have matched in place of the matchers, so that no difference is shown there. */
function aligned(expected: readonly object[], actual: readonly object[]): object[] {
  let next = 0;
  return expected.map(one => {
    const found = actual.findIndex((message, i) => i >= next && matches(one, message));
    if (found >= 0) {
      next = found + 1;
      return actual[found]!;
    }
    const alike = actual.find((message, i) => i >= next && isAlike(one, message));
    return (alike === undefined ? satisfied(one, undefined) : satisfied(one, alike)) as object;
  });
}

const isAlike = (one: object, other: object): boolean =>
  one.constructor === other.constructor || typeof (one as { completed?: unknown }).completed === 'function';
