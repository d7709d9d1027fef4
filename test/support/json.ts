/** What another process reads of a value that was written as JSON. */
export const throughJSON = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
