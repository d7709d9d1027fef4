import { CqrsException } from './cqrs.exception.js';

/** Two classes of one name, often of one file. */
export const LOADED_TWICE = 'is the package or file that declares it loaded twice?';

/** No handler is registered for a message type. */
export class HandlerNotFoundException extends CqrsException {
  readonly messageName: string;

  /** @param hint what was found nearby, and what to do */
  constructor(messageName: string, hint?: string, kind = 'message') {
    super({
      code: 'CQRS_HANDLER_NOT_FOUND',
      what: `No handler found for the ${kind}: "${messageName}".`,
      remedy: hint ?? `Register one, or list the class that handles ${messageName} among the providers of a module.`,
    });
    this.messageName = messageName;
  }
}

/** No handler for a command. As in @nestjs/cqrs. */
export class CommandHandlerNotFoundException extends HandlerNotFoundException {
  constructor(commandName: string, hint?: string) {
    super(commandName, hint, 'command');
  }
}

/** No handler for a query. As in @nestjs/cqrs. */
export class QueryHandlerNotFoundException extends HandlerNotFoundException {
  constructor(queryName: string, hint?: string) {
    super(queryName, hint, 'query');
  }
}
