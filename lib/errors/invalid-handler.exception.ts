import { CqrsException } from './cqrs.exception.js';

/** A registry was given something that is not a handler, or not a message class. */
export class InvalidHandlerException extends CqrsException {
  constructor(
    what: string,
    where?: string,
    remedy = 'Register a function for a message class: bus.register(MessageClass, message => …).',
  ) {
    super({ code: 'CQRS_INVALID_HANDLER', what, where, remedy });
  }
}
