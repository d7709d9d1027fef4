import { EnvelopeException } from './envelope.exception.js';

/** This code cannot upcast a message's version. */
export class MessageVersionException extends EnvelopeException {
  constructor(
    code: string,
    what: string,
    remedy: string,
    readonly messageName: string,
    readonly received: number,
    /** The version this code knows. */
    readonly current: number,
  ) {
    super({ code, what, where: messageName, remedy });
  }

  /** The sender is ahead. */
  static fromTheFuture(name: string, received: number, current: number): MessageVersionException {
    return new MessageVersionException(
      'CQRS_MESSAGE_FROM_THE_FUTURE',
      `"${name}" arrived in version ${received}, but this process knows it up to version ${current}.`,
      'Deploy the receivers of a new version before its senders.',
      name,
      received,
      current,
    );
  }

  /** A step is missing. */
  static withoutUpcaster(name: string, received: number, current: number, missing: number): MessageVersionException {
    return new MessageVersionException(
      'CQRS_UPCASTER_MISSING',
      `"${name}" arrived in version ${received}, and nothing brings version ${missing} any nearer to version ${current}.`,
      `Add a static method with @Upcast(${missing}) to its class.`,
      name,
      received,
      current,
    );
  }
}
