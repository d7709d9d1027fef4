interface Alarm {
  readonly time: number;
  readonly ring: () => void;
}

/** Time that only a test moves. */
export class MemoryClock {
  private time: number;
  private readonly alarms: Alarm[] = [];
  private advanced: Promise<void> = Promise.resolve();

  /** @internal */
  constructor(
    start: Date,
    private readonly quiet: () => Promise<void>,
  ) {
    this.time = start.getTime();
  }

  /** The virtual time. */
  get now(): Date {
    return new Date(this.time);
  }

  /**
   * Moves time, and runs what becomes due on the way, in the order of its time: delayed jobs, retries, ends of leases,
   * schedules. Before each step, and at the end, it waits for the deliveries that run, so that a retry counts from the
   * time at which its job failed. A delivery that does not end within the option `grace` (in real time) is not waited
   * for again: time moves on while it runs. Calls run one after another.
   * @param milliseconds zero or more; otherwise it rejects with a `RangeError`
   * @returns resolves when no delivery is waiting that a worker could run now
   */
  advance(milliseconds: number): Promise<void> {
    if (!(milliseconds >= 0 && milliseconds < Infinity))
      return Promise.reject(new RangeError(`Time advances by zero or more milliseconds, not by ${milliseconds}.`));
    const advanced = this.advanced.then(() => this.moveTo(this.time + milliseconds));
    this.advanced = advanced;
    return advanced;
  }

  /**
   * Rings at a time; the earliest first, and in the order in which they were set.
   * @returns cancels the alarm
   * @internal
   */
  at(time: number, ring: () => void): () => void {
    const alarm = { time, ring };
    this.alarms.splice(this.alarms.findLastIndex(other => other.time <= time) + 1, 0, alarm);
    return () => {
      const place = this.alarms.indexOf(alarm);
      if (place >= 0) this.alarms.splice(place, 1);
    };
  }

  private async moveTo(end: number): Promise<void> {
    await this.quiet();
    while (this.alarms.length > 0 && this.alarms[0]!.time <= end) {
      const { time } = this.alarms[0]!;
      this.time = Math.max(this.time, time);
      while (this.alarms[0]?.time === time) this.alarms.shift()!.ring();
      await this.quiet();
    }
    this.time = end;
  }
}
