import { CqrsException } from './cqrs.exception.js';

/**
 * What is known of a message that got no answer. `not-handled`: no handler has run, so sending it again is safe.
 * `unknown`: a handler may have run.
 */
export type RemoteOutcome = 'not-handled' | 'unknown';

/** How a transport says that it could not carry a request, or got no answer. */
export class TransportException extends CqrsException {
  /**
   * @param why a clause without subject, as "refused the connection"
   * @param advice what to do; by default it depends on the outcome
   */
  constructor(
    readonly outcome: RemoteOutcome,
    readonly why: string,
    cause?: unknown,
    readonly advice?: string,
  ) {
    super({
      code: 'CQRS_TRANSPORT',
      what: `The other process ${why}.`,
      remedy: advice ?? 'Start it, or look at its log.',
      cause,
    });
  }
}
