import { EnvelopeException } from './envelope.exception.js';
import { printable } from './printable.js';

const MAX_NAME = 512;

/** An envelope names a message unknown to catalog or reader. */
export class UnknownMessageException extends EnvelopeException {
  constructor(
    readonly messageName: string,
    readonly near: readonly string[],
    where?: string,
  ) {
    super({
      code: 'CQRS_UNKNOWN_MESSAGE',
      what: `No message is known by the name "${printable(String(messageName), MAX_NAME)}"${near.length > 0 ? `; near names: ${near.join(', ')}` : ''}.`,
      ...(where !== undefined && { where }),
      remedy: 'Register its class with the MessageCatalog, or add the name to the aliases of @Message on its class.',
    });
  }
}
