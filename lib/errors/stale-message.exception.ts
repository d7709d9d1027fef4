import { CqrsException } from './cqrs.exception.js';

/** A message arrived after its sender had stopped waiting. */
export class StaleMessageException extends CqrsException {
  constructor(messageName: string, expired: Date) {
    super({
      code: 'CQRS_STALE_MESSAGE',
      what: `"${messageName}" arrived too late: its sender waited until ${expired.toISOString()}.`,
      remedy: 'Nothing has to be done: no handler has run. If the clocks of the machines differ by seconds, set them.',
    });
  }
}
