import { CqrsException } from './cqrs.exception.js';

/** A registration without handler function or message class. */
export class InvalidHandlerException extends CqrsException {
  constructor(
    what: string,
    where?: string,
    remedy = 'Register a function for a message class: bus.register(MessageClass, message => …).',
  ) {
    super({ code: 'CQRS_INVALID_HANDLER', what, where, remedy });
  }
}
