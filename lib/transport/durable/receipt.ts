/** A message has been stored. Its result is not known: it is handled later. */
export interface Receipt {
  /** Its `messageId`. */
  readonly id: string;
  readonly queue: string;
  /** The engine, as `pg-boss`. */
  readonly transport: string;
  /** A message of this id was stored before, and this one was not. */
  readonly isDuplicate: boolean;
}
