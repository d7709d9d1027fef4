/**
 * A text from outside, for errors: control characters and line separators are escaped.
 * @param most characters kept
 */
export function printable(text: string, most: number): string {
  const told = text.length > most ? `${text.slice(0, most)}…` : text;
  return told.replace(/[\p{Cc}\u2028\u2029]/gu, escaped);
}

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
