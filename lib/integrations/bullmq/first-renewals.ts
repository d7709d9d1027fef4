/** A lease. */
interface Renewed {
  /** When it is due, of `performance.now()`. */
  readonly renewal: number;
  renewNow(): void;
}

/**
 * Leases that have not been renewed yet.
 * perf: one timer for all of them; most handlers end before, and a timer for each takes 1 µs.
 */
export class FirstRenewals {
  private readonly leases = new Set<Renewed>();
  private timer: NodeJS.Timeout | undefined;
  /** When the timer fires, of `performance.now()`. */
  private next = Infinity;

  add(lease: Renewed): void {
    this.leases.add(lease);
    if (lease.renewal < this.next) this.wake(lease.renewal);
  }

  delete(lease: Renewed): void {
    this.leases.delete(lease);
  }

  private wake(at: number): void {
    clearTimeout(this.timer);
    this.next = at;
    // It may fire when no lease is left, and must not keep the process.
    this.timer = setTimeout(() => this.renew(), Math.ceil(Math.max(at - performance.now(), 0))).unref();
  }

  private renew(): void {
    const now = performance.now();
    this.next = Infinity;
    for (const lease of this.leases) {
      if (lease.renewal > now) {
        if (lease.renewal < this.next) this.next = lease.renewal;
        continue;
      }
      this.leases.delete(lease);
      lease.renewNow();
    }
    if (this.next < Infinity) this.wake(this.next);
  }
}
