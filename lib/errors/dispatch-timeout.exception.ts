import { CqrsException } from './cqrs.exception.js';

/** A dispatch did not finish within its time limit, own or inherited. */
export class DispatchTimeoutException extends CqrsException {
  /**
   * @param timeout in milliseconds
   * @param limitedBy who set the limit, and for which message
   * @param cause the error of another library that keeps the limit
   */
  constructor(
    readonly messageName: string,
    handler: string,
    readonly timeout: number,
    readonly limitedBy: string,
    cause?: unknown,
  ) {
    super({
      code: 'CQRS_TIMEOUT',
      what: `"${messageName}" did not finish in time: the ${timeout} ms of ${limitedBy} ran out.`,
      where: handler,
      remedy:
        'Raise that limit, or end the work sooner: context.signal is aborted when the time is up, so that the handler can stop.',
      cause,
    });
  }
}
