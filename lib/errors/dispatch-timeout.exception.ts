import { CqrsException } from './cqrs.exception.js';

/** A dispatch did not finish within its time limit, or within that of a dispatch that caused it. */
export class DispatchTimeoutException extends CqrsException {
  /**
   * @param messageName name of the type of the message that did not finish
   * @param handler who handles it
   * @param timeout the limit that ran out, in milliseconds
   * @param limitedBy who set that limit, and for which message
   */
  constructor(
    readonly messageName: string,
    handler: string,
    readonly timeout: number,
    readonly limitedBy: string,
  ) {
    super({
      code: 'CQRS_TIMEOUT',
      what: `"${messageName}" did not finish in time: the ${timeout} ms of ${limitedBy} ran out.`,
      where: handler,
      remedy:
        'Raise that limit, or end the work sooner: context.signal is aborted when the time is up, so that the handler can stop.',
    });
  }
}
