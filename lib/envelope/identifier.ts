/** Longest name or identifier that is written and read. */
export const MAX_IDENTIFIER = 512;

/** Control characters and line separators: in a log or a header of a protocol they would begin a line of their own. */
const CONTROL = /[\p{Cc}\u2028\u2029]/u;

/** Whether a text can be printed on one line. */
export const isOneLine = (text: string): boolean => !CONTROL.test(text);

/** Whether a value can name or identify a message. */
export const isIdentifier = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= MAX_IDENTIFIER && isOneLine(value);
