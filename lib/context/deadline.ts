/** On the monotonic clock. */
export class Deadline {
  private readonly end: number;

  /**
   * @param timeout milliseconds from now
   * @param limitedBy who set it, for texts
   */
  constructor(
    readonly timeout: number,
    readonly limitedBy: string,
  ) {
    this.end = performance.now() + timeout;
  }

  /** Milliseconds; 0 or less when the time is up. */
  get remaining(): number {
    return this.end - performance.now();
  }

  /** The earlier one. */
  or(other: Deadline | undefined): Deadline {
    return other && other.end <= this.end ? other : this;
  }
}
