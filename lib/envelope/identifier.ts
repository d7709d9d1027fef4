export const MAX_IDENTIFIER = 512;

/** Would begin a new line in a log or protocol header. */
const CONTROL = /[\p{Cc}\u2028\u2029]/u;

export const isOneLine = (text: string): boolean => !CONTROL.test(text);

export const isIdentifier = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= MAX_IDENTIFIER && isOneLine(value);
