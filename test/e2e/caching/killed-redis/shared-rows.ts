import { openSync, readSync, writeSync } from 'node:fs';

/** How many rows there are. */
export const ROWS = 20;

/** What tells a counter of one process from that of the other, within one number. */
const STEP = 10_000_000;

export type Who = 0 | 1;

/** Counters of two processes per row, in a file: what a database is, as it outlives Redis. */
export class SharedRows {
  private readonly file: number;
  private readonly written = Array.from({ length: ROWS }, () => 0);

  constructor(
    file: string,
    private readonly own: Who,
  ) {
    this.file = openSync(file, 'r+');
  }

  /** @returns how often this process has written the row */
  write(row: number): number {
    const count = ++this.written[row]!;
    this.put(this.placeOf(row, this.own), count);
    return count;
  }

  /** The write has been answered. */
  end(row: number, count: number): void {
    const place = this.placeOf(row, this.own) + 1;
    this.put(place, Math.max(count, this.at(place)));
  }

  /** The counters of both, as one number. */
  read(row: number): number {
    return this.at(this.placeOf(row, 0)) * STEP + this.at(this.placeOf(row, 1));
  }

  /** The last write of a process that had been answered. */
  endedBy(who: Who, row: number): number {
    return this.at(this.placeOf(row, who) + 1);
  }

  private placeOf(row: number, who: Who): number {
    return (row * 2 + who) * 2;
  }

  private at(place: number): number {
    const bytes = Buffer.alloc(8);
    readSync(this.file, bytes, 0, 8, place * 8);
    return bytes.readDoubleLE();
  }

  private put(place: number, value: number): void {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleLE(value);
    writeSync(this.file, bytes, 0, 8, place * 8);
  }
}

/** Of a new file. */
export const SIZE = ROWS * 4 * 8;

/** The counter of a process in what was read. */
export const countIn = (read: number, who: Who): number => (who === 0 ? Math.floor(read / STEP) : read % STEP);
