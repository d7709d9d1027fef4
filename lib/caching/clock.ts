/** Milliseconds since 1970, and greater at each call: says of two moments in one process which came first. */
export class Clock {
  private last = 0;

  next(): number {
    return (this.last = Math.max(Date.now(), this.last + STEP));
  }
}

/** What a number of this size can still tell apart is a quarter of it. */
const STEP = 0.001;
