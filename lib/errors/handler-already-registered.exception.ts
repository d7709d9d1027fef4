import { CqrsException } from './cqrs.exception.js';

/** A second handler was registered for a command or query. */
export class HandlerAlreadyRegisteredException extends CqrsException {
  constructor(
    messageName: string,
    readonly present: string,
    readonly refused: string,
  ) {
    super({
      code: 'CQRS_HANDLER_ALREADY_REGISTERED',
      what: `"${messageName}" has a handler already: ${present}; ${refused} was refused.`,
      where: refused,
      remedy: `Keep one of the two, or dispose of the first before registering the second.`,
    });
  }
}
