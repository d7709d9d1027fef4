/** Until when something must be done, and who said so. Counted on the monotonic clock. */
export class Deadline {
  private readonly end: number;

  /**
   * @param timeout how long it lasts from now on, in milliseconds
   * @param limitedBy who set it, for texts
   */
  constructor(
    readonly timeout: number,
    readonly limitedBy: string,
  ) {
    this.end = performance.now() + timeout;
  }

  /** Milliseconds that are left; 0 or less when it has run out. */
  get remaining(): number {
    return this.end - performance.now();
  }

  /** The nearer of two. */
  or(other: Deadline | undefined): Deadline {
    return other && other.end <= this.end ? other : this;
  }
}
