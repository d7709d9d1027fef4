/** Thrown by a handler: another attempt would fail too. A stored message becomes a dead letter at once. */
export class UnrecoverableException extends Error {
  /** @param cause an error that led to it */
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'UnrecoverableException';
  }
}
