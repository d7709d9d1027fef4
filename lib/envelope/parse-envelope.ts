import { EnvelopeException } from '../errors/envelope.exception.js';
import { DEFAULT_SIZE, type EnvelopeLimits } from './envelope-options.js';
import { isRecord } from './message-meta.js';

/** Characters of JSON per unit of `size`. */
const TEXT_PER_SIZE = 16;

const TEXT_OF_META = 16_384;

export interface EnvelopeParts {
  readonly meta: unknown;
  readonly payload: unknown;
}

export function parseEnvelope(json: unknown, limits?: EnvelopeLimits): EnvelopeParts {
  const parsed = parseText(json, limits);
  if (!isRecord(parsed) || !Object.hasOwn(parsed, 'payload'))
    throw EnvelopeException.malformed('An envelope must be an object with meta and payload.');
  return { meta: Object.hasOwn(parsed, 'meta') ? parsed['meta'] : undefined, payload: parsed['payload'] };
}

/** Text beyond the limits is not even parsed; other values pass unchanged. */
export function parseText(json: unknown, { size = DEFAULT_SIZE }: EnvelopeLimits = {}): unknown {
  if (typeof json !== 'string') return json;
  const limit = size * TEXT_PER_SIZE + TEXT_OF_META;
  if (json.length > limit) throw EnvelopeException.tooLarge(`The text of an envelope may have ${limit} characters.`);
  try {
    return JSON.parse(json);
  } catch (error) {
    throw EnvelopeException.malformed('The text of an envelope must be JSON.', undefined, error);
  }
}
