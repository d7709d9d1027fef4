import { libraryHeader } from '../context/header.js';

/** The delivery that the running dispatch handles. */
export interface Settling {
  /** Of the delivered message: others that are dispatched with a copy of its headers are not the delivery. */
  readonly messageId: string;
  /**
   * Completes the delivery within a transaction.
   * @returns false if another worker has taken it
   */
  settleIn(transaction: unknown): Promise<boolean>;
}

/** Set by the runner of deliveries, where the engine can settle in a transaction. */
export const SETTLING = libraryHeader<Settling>('settling');
