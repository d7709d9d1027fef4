import { CqrsException } from './cqrs.exception.js';
import { printable } from './printable.js';
import type { RemoteOutcome } from './transport.exception.js';

/** A message that another process handles got no answer. Nothing sends it again by itself. */
export class RemoteUnavailableException extends CqrsException {
  /**
   * @param service the name of the transport
   * @param why a clause without subject, as "refused the connection"
   */
  constructor(
    readonly messageName: string,
    readonly service: string,
    readonly outcome: RemoteOutcome,
    why: string,
    cause?: unknown,
    advice?: string,
  ) {
    super({
      code: 'CQRS_REMOTE_UNAVAILABLE',
      what: `"${messageName}" got no answer: ${service} ${printable(why, MAX_TEXT)}.`,
      where: `route to ${service}`,
      remedy: advice === undefined ? REMEDIES[outcome] : `${REMEDIES[outcome]} ${advice}`,
      cause,
    });
  }
}

const MAX_TEXT = 512;

const REMEDIES: Readonly<Record<RemoteOutcome, string>> = {
  'not-handled': 'No handler has run (outcome "not-handled"): it may be sent again.',
  unknown:
    'A handler may have run (outcome "unknown"): send it again only if handling it twice does no harm, or find out first.',
};
