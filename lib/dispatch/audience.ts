/** Sees every message: subscribers, or a publisher. */
export interface Audience<T> {
  readonly observed: boolean;
  /** Never throws. */
  show(shown: T): void;
}
