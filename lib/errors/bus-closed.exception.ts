import { CqrsException } from './cqrs.exception.js';

/** A message arrived after the buses closed. */
export class BusClosedException extends CqrsException {
  constructor(messageName: string) {
    super({
      code: 'CQRS_BUS_CLOSED',
      what: `"${messageName}" was sent after the bus had been closed.`,
      remedy: 'Stop what sends messages before the application closes, or await it in a shutdown hook.',
    });
  }
}
