import { CqrsException } from './cqrs.exception.js';

/** A handler still ran after `shutdown.timeout`. */
export class ShutdownTimeoutException extends CqrsException {
  constructor(messageName: string, handler: string, timeout: number) {
    super({
      code: 'CQRS_SHUTDOWN_TIMEOUT',
      what: `"${messageName}" was still being handled ${timeout} ms after the application began to close.`,
      where: handler,
      remedy: 'Let the handler end sooner (a dispatch can be given a signal or a timeout), or raise shutdown.timeout.',
    });
  }
}
