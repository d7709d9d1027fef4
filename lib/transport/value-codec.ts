import { isA } from '../envelope/typed.js';
import { EnvelopeException } from '../errors/envelope.exception.js';
import type { MessageCatalog } from '../envelope/message-catalog.js';

/**
 * Results as frames carry them.
 * @param message for errors
 * @throws EnvelopeException, which says that the handler has run
 */
export function writeResult(catalog: MessageCatalog, value: unknown, message: string): unknown {
  if (isSimple(value)) return value;
  try {
    return catalog.valueToJSON(value, `the result of ${message}`);
  } catch (error) {
    throw isA(EnvelopeException, error) ? handled(error, message) : error;
  }
}

const handled = ({ code, what, where, remedy }: EnvelopeException, message: string): EnvelopeException =>
  new EnvelopeException({
    code,
    what: `The handler of ${message} has run, and its result cannot be sent back. ${what}`,
    ...(where !== undefined && { where }),
    remedy: `${remedy} Send the message again only if handling it twice does no harm.`,
  });

export const readResult = (catalog: MessageCatalog, value: unknown): unknown =>
  isSimple(value) ? value : catalog.valueFromJSON(value);

/** The same in JSON. */
const isSimple = (value: unknown): boolean =>
  value === undefined || value === null || typeof value === 'string' || typeof value === 'boolean';
