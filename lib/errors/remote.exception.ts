import { CqrsException } from './cqrs.exception.js';
import { printable } from './printable.js';

/** The error of another process, as far as it is told. */
export interface RemoteError {
  /** Class name. */
  readonly name: string;
  readonly message: string;
  readonly code?: string | undefined;
}

const MAX_TEXT = 2048;

/** Another process failed with an error whose class this process does not know. Its stack does not travel. */
export class RemoteException extends CqrsException {
  constructor(
    readonly remote: RemoteError,
    where?: string,
  ) {
    super({
      code: 'CQRS_REMOTE',
      what: sentence(
        `The other process failed: ${printable(remote.name, MAX_TEXT)}: ${printable(remote.message, MAX_TEXT)}`,
      ),
      ...(where !== undefined && { where }),
      remedy:
        'The log of the other process has its stack. To catch it as its own class, list the class in the messages option of both processes.',
    });
  }
}

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);
