import { EnvelopeException } from '../errors/envelope.exception.js';
import { DEFAULT_SIZE, type EnvelopeLimits } from './envelope-options.js';
import { isRecord } from './message-meta.js';

/** How many characters of JSON there may be for each value and character that an envelope holds. */
const TEXT_PER_SIZE = 16;

/** How many more there may be for names and identifiers. */
const TEXT_OF_META = 16_384;

/** The two parts of an envelope, unread. */
export interface EnvelopeParts {
  readonly meta: unknown;
  readonly payload: unknown;
}

/**
 * Takes an envelope apart, parsing it first if it is text. Text beyond the limits is not even parsed.
 * @throws EnvelopeException
 */
export function parseEnvelope(json: unknown, { size = DEFAULT_SIZE }: EnvelopeLimits = {}): EnvelopeParts {
  const parsed = typeof json === 'string' ? parseText(json, size * TEXT_PER_SIZE + TEXT_OF_META) : json;
  if (!isRecord(parsed) || !Object.hasOwn(parsed, 'payload'))
    throw EnvelopeException.malformed('An envelope must be an object with meta and payload.');
  return { meta: Object.hasOwn(parsed, 'meta') ? parsed['meta'] : undefined, payload: parsed['payload'] };
}

function parseText(json: string, limit: number): unknown {
  if (json.length > limit) throw EnvelopeException.tooLarge(`The text of an envelope may have ${limit} characters.`);
  try {
    return JSON.parse(json);
  } catch (error) {
    throw EnvelopeException.malformed('The text of an envelope must be JSON.', undefined, error);
  }
}
