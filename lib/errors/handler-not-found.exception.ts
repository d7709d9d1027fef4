import { CqrsException } from './cqrs.exception.js';

/** Nothing is registered for the type of a message. */
export class HandlerNotFoundException extends CqrsException {
  /** Name of the message type that has no handler. */
  readonly messageName: string;

  /**
   * @param messageName name of the message type
   * @param hint what was found nearby, and what to do; a general remedy if left out
   * @param kind how the message is called in the text
   */
  constructor(messageName: string, hint?: string, kind = 'message') {
    super({
      code: 'CQRS_HANDLER_NOT_FOUND',
      what: `No handler found for the ${kind}: "${messageName}".`,
      remedy: hint ?? `Register one, or list the class that handles ${messageName} among the providers of a module.`,
    });
    this.messageName = messageName;
  }
}

/** No handler for a command. The name @nestjs/cqrs uses. */
export class CommandHandlerNotFoundException extends HandlerNotFoundException {
  constructor(commandName: string, hint?: string) {
    super(commandName, hint, 'command');
  }
}

/** No handler for a query. The name @nestjs/cqrs uses. */
export class QueryHandlerNotFoundException extends HandlerNotFoundException {
  constructor(queryName: string, hint?: string) {
    super(queryName, hint, 'query');
  }
}
