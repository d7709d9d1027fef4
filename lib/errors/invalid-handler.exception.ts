import { CqrsException } from './cqrs.exception.js';

/** What was given to a registry is no handler, or what it shall handle is no class. */
export class InvalidHandlerException extends CqrsException {
  constructor(
    what: string,
    where?: string,
    remedy = 'Register a function for a message class: bus.register(MessageClass, message => …).',
  ) {
    super({ code: 'CQRS_INVALID_HANDLER', what, where, remedy });
  }
}
