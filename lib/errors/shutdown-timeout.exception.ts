import { CqrsException } from './cqrs.exception.js';

/** A handler still ran after `shutdown.timeout`, or a saga still held something back. */
export class ShutdownTimeoutException extends CqrsException {
  /** @param messageName undefined: the handler is a saga, which holds back what it was given */
  constructor(messageName: string | undefined, handler: string, timeout: number) {
    const since = `${timeout} ms after the application began to close.`;
    super({
      code: 'CQRS_SHUTDOWN_TIMEOUT',
      what:
        messageName === undefined
          ? `A saga still held back what it had been given, ${since}`
          : `"${messageName}" was still being handled ${since}`,
      where: handler,
      remedy:
        messageName === undefined
          ? 'What it holds is lost, such as a command behind delay(): store the command with later() instead, let the saga end sooner, or raise shutdown.timeout.'
          : 'Let the handler end sooner (a dispatch can be given a signal or a timeout), or raise shutdown.timeout.',
    });
  }
}
