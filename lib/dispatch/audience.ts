/** Sees every message of a bus beside the handlers: subscribers, or a publisher. */
export interface Audience<T> {
  /** Whether there is one. */
  readonly observed: boolean;
  /** Never throws. */
  show(shown: T): void;
}
