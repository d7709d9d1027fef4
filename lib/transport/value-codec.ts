import type { MessageCatalog } from '../envelope/message-catalog.js';

/** Results as frames carry them. */
export const writeResult = (catalog: MessageCatalog, value: unknown, what: string): unknown =>
  isSimple(value) ? value : catalog.valueToJSON(value, what);

export const readResult = (catalog: MessageCatalog, value: unknown): unknown =>
  isSimple(value) ? value : catalog.valueFromJSON(value);

/** The same in JSON. */
const isSimple = (value: unknown): boolean =>
  value === undefined || value === null || typeof value === 'string' || typeof value === 'boolean';
