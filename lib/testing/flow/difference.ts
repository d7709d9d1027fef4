import { inspect, isDeepStrictEqual } from 'node:util';

interface Matcher {
  asymmetricMatch(value: unknown): boolean;
  /** As text, such as `Any<Number>`. */
  toAsymmetricMatcher?(): string;
  /** What the value would be, were it as expected. */
  completed?(value: object): object;
}

/**
 * Whether a value is as expected: of the same class, with equal fields. Matchers of Jest and Vitest, such as
 * `expect.any(Number)`, may stand anywhere within the expected value.
 */
export function matches(expected: unknown, actual: unknown): boolean {
  if (isMatcher(expected)) return expected.asymmetricMatch(actual);
  if (!isOpen(expected) || !isOpen(actual)) return isDeepStrictEqual(actual, expected);
  if (Object.getPrototypeOf(expected) !== Object.getPrototypeOf(actual)) return false;
  const keys = Object.keys(expected);
  if (keys.length !== Object.keys(actual).length) return false;
  return keys.every(key => key in actual && matches(expected[key], actual[key]));
}

/** Fields of a message that are not as expected. A plain object names some of them, a message all. */
export function otherFields(expected: object, message: object): string[] {
  const [wanted, given] = [expected, message] as Record<string, unknown>[];
  const isPartial = Object.getPrototypeOf(expected) !== Object.getPrototypeOf(message);
  const names = isPartial ? Object.keys(wanted!) : [...new Set([...Object.keys(wanted!), ...Object.keys(given!)])];
  return names.filter(name => !matches(wanted![name], given![name]));
}

/** Both as text, line by line: `-` was expected, `+` is there. */
export function difference(expected: object, message: object): string[] {
  const isPartial = Object.getPrototypeOf(expected) !== Object.getPrototypeOf(message);
  const shown = isPartial ? merged(message, expected) : expected;
  return compared(printed(satisfied(shown, message)), printed(message));
}

/** The expected value, with what is there in place of each part that is as expected: matchers are no difference then. */
export function satisfied(expected: unknown, actual: unknown): unknown {
  if (expected instanceof Named) return expected;
  if (matches(expected, actual)) return actual;
  if (isMatcher(expected)) return named(expected, actual);
  if (!isOpen(expected)) return expected;
  const prototype = Object.getPrototypeOf(expected) as object;
  const isAlike = isOpen(actual) && Object.getPrototypeOf(actual) === prototype;
  const copy = (Array.isArray(expected) ? [] : Object.create(prototype)) as Record<string, unknown>;
  for (const [key, part] of Object.entries(expected)) copy[key] = satisfied(part, isAlike ? actual[key] : undefined);
  return copy;
}

/** A matcher as its text, or as what it stands for. */
function named(matcher: Matcher, actual: unknown): unknown {
  if (matcher.completed !== undefined && typeof actual === 'object' && actual !== null) {
    const completed = matcher.completed(actual);
    if (completed !== matcher) return satisfied(completed, actual);
  }
  return new Named(matcher.toAsymmetricMatcher?.() ?? String(matcher));
}

/** A matcher that does not match, as text. */
class Named {
  constructor(private readonly text: string) {}

  [inspect.custom](): string {
    return this.text;
  }
}

/** As `difference()`, for values that need not be objects. */
export const valueDifference = (expected: unknown, actual: unknown): string[] =>
  difference([expected], [actual])
    .slice(1, -1)
    .map(line => line.replace(/^(.) {3}/, '$1 '));

const merged = (message: object, expected: object): object =>
  Object.assign(Object.create(Object.getPrototypeOf(message) as object) as object, message, expected);

const printed = (value: unknown): string[] =>
  inspect(value, { depth: 6, compact: false, breakLength: Infinity }).split('\n');

function compared(expected: readonly string[], actual: readonly string[]): string[] {
  const common = lengthsOfCommon(expected, actual);
  const lines: string[] = [];
  let [i, j] = [0, 0];
  while (i < expected.length || j < actual.length) {
    if (i < expected.length && j < actual.length && expected[i] === actual[j]) {
      lines.push(`  ${expected[i]}`);
      i += 1;
      j += 1;
    } else if (i < expected.length && (j === actual.length || common[i + 1]![j]! >= common[i]![j + 1]!)) {
      lines.push(`- ${expected[i]}`);
      i += 1;
    } else {
      lines.push(`+ ${actual[j]}`);
      j += 1;
    }
  }
  return lines;
}

/** Of each pair of ends, how many lines they have in common. */
function lengthsOfCommon(a: readonly string[], b: readonly string[]): number[][] {
  const table = Array.from({ length: a.length + 1 }, () => Array.from({ length: b.length + 1 }, () => 0));
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      table[i]![j] = a[i] === b[j] ? table[i + 1]![j + 1]! + 1 : Math.max(table[i + 1]![j]!, table[i]![j + 1]!);
  return table;
}

const isMatcher = (value: unknown): value is Matcher =>
  typeof value === 'object' && value !== null && typeof (value as Partial<Matcher>).asymmetricMatch === 'function';

/** Fields are compared one by one; dates, maps and errors as a whole. */
function isOpen(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  return Array.isArray(value) || Object.prototype.toString.call(value) === '[object Object]';
}
