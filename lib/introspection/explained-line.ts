export const INDENT = '  ';
const WIDTH = 12;

/** One line of an explanation. */
export const line = (label: string, text: string): string => `${INDENT}${label.padEnd(WIDTH)} ${text}`;
