import { CqrsException } from './cqrs.exception.js';

/** Two message classes claim one name. */
export class DuplicateMessageNameException extends CqrsException {
  /**
   * @param present has the name
   * @param refused claims it too
   */
  constructor(
    readonly messageName: string,
    readonly present: string,
    readonly refused: string,
  ) {
    super({
      code: 'CQRS_DUPLICATE_MESSAGE_NAME',
      what: `Two message classes have the name "${messageName}": ${present} and ${refused}.`,
      where: refused,
      remedy: 'Give one of them a name of its own with @Message({ name }), or take away the alias.',
    });
  }
}
