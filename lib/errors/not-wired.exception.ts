import { CqrsException } from './cqrs.exception.js';

/** A command or query was sent while the providers of the application were still being created. */
export class NotWiredException extends CqrsException {
  /**
   * @param messageName name of the message type
   * @param sender the class whose constructor sends it, where that is known
   */
  constructor(messageName: string, sender?: string) {
    super({
      code: 'CQRS_NOT_WIRED',
      what: `"${messageName}" was sent before the handlers were there.`,
      where: sender === undefined ? 'a constructor or a provider factory' : `the constructor of ${sender}`,
      remedy: 'Send it in onModuleInit or later; events may be published at any time.',
    });
  }
}
