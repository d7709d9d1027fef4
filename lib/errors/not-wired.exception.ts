import { CqrsException } from './cqrs.exception.js';

/** A command or query was sent while the providers of the application were still being created. */
export class NotWiredException extends CqrsException {
  constructor(messageName: string) {
    super({
      code: 'CQRS_NOT_WIRED',
      what: `"${messageName}" was sent before the handlers were there.`,
      where: 'a constructor or a provider factory',
      remedy: 'Send it in onModuleInit or later; events may be published at any time.',
    });
  }
}
