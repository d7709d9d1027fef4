import { inspect, isDeepStrictEqual } from 'node:util';
import { compared } from './compared-lines.js';
import { Pairs } from './pairs.js';

interface Matcher {
  asymmetricMatch(value: unknown): boolean;
  /** As text, such as `Any<Number>`. */
  toAsymmetricMatcher?(): string;
  /** What the value would be, were it as expected. */
  completed?(value: object): object;
}

/**
 * Whether a value is as expected: of the same class, with equal fields. Matchers of Jest and Vitest, such as
 * `expect.any(Number)`, may stand anywhere within the expected value. Objects may contain themselves.
 */
export function matches(expected: unknown, actual: unknown, begun = new Pairs<true>()): boolean {
  if (isMatcher(expected)) return expected.asymmetricMatch(actual);
  if (!isOpen(expected) || !isOpen(actual)) return isDeepStrictEqual(actual, expected);
  if (Object.getPrototypeOf(expected) !== Object.getPrototypeOf(actual)) return false;
  // Both come back to themselves: so far they are equal.
  if (begun.get(expected, actual)) return true;
  begun.set(expected, actual, true);
  const keys = Object.keys(expected);
  if (keys.length !== Object.keys(actual).length) return false;
  return keys.every(key => key in actual && matches(expected[key], actual[key], begun));
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
export function satisfied(expected: unknown, actual: unknown, begun = new Pairs<object>()): unknown {
  if (expected instanceof Named) return expected;
  if (matches(expected, actual)) return actual;
  if (isMatcher(expected)) return named(expected, actual);
  if (!isOpen(expected)) return expected;
  const known = begun.get(expected, actual);
  if (known !== undefined) return known;
  const prototype = Object.getPrototypeOf(expected) as object;
  const isAlike = isOpen(actual) && Object.getPrototypeOf(actual) === prototype;
  const copy = (Array.isArray(expected) ? [] : Object.create(prototype)) as Record<string, unknown>;
  begun.set(expected, actual, copy);
  for (const [key, part] of Object.entries(expected))
    copy[key] = satisfied(part, isAlike ? actual[key] : undefined, begun);
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

const isMatcher = (value: unknown): value is Matcher =>
  typeof value === 'object' && value !== null && typeof (value as Partial<Matcher>).asymmetricMatch === 'function';

/** Fields are compared one by one; dates, maps and errors as a whole. */
function isOpen(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  return Array.isArray(value) || Object.prototype.toString.call(value) === '[object Object]';
}
