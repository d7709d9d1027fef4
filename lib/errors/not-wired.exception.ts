import { CqrsException } from './cqrs.exception.js';

/** A command or query was sent while Nest created providers. */
export class NotWiredException extends CqrsException {
  /** @param sender class whose constructor sends */
  constructor(messageName: string, sender?: string) {
    super({
      code: 'CQRS_NOT_WIRED',
      what: `"${messageName}" was sent before the handlers were there.`,
      where: sender === undefined ? 'a constructor or a provider factory' : `the constructor of ${sender}`,
      remedy: 'Send it in onModuleInit or later; events may be published at any time.',
    });
  }
}
