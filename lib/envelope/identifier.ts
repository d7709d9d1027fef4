const MAX_IDENTIFIER = 512;

/** Would begin a new line in a log or protocol header. */
const CONTROL = /[\p{Cc}\u2028\u2029]/u;

export const isOneLine = (text: string): boolean => !CONTROL.test(text);

/** Also half of a surrogate pair: some databases refuse it, and UTF-8 has no such letter: two texts would become one. */
const ODD = /[\p{Cc}\p{Cs}\u2028\u2029]/u;

/** Completes "The id must be". */
export const IDENTIFIER = `a text of 1 to ${MAX_IDENTIFIER} characters on one line, without half of a surrogate pair`;

export const isIdentifier = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= MAX_IDENTIFIER && !ODD.test(value);
