import { FIELDS, valuesOf } from './cron-field.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** The 29th of February can be eight years away. */
const HORIZON = 9 * 366 * 24 * HOUR;

/** Clocks are set back by one hour, or by half of one. */
const SET_BACK = [HOUR / 2, HOUR];

/**
 * A cron expression of five fields in a time zone: lists, ranges, steps, names of months and days. If both the day of
 * the month and the day of the week are given, one of them has to match. Where hours are given, a time that clocks skip
 * runs when they are set forward, and a time that comes twice runs once.
 */
export class Cron {
  private readonly minutes: ReadonlySet<number>;
  private readonly hours: ReadonlySet<number>;
  private readonly days: ReadonlySet<number>;
  private readonly months: ReadonlySet<number>;
  private readonly weekdays: ReadonlySet<number>;
  private readonly either: boolean;
  private readonly format: Intl.DateTimeFormat;

  /** Throws a `RangeError` that says what is wrong. */
  constructor(
    private readonly expression: string,
    private readonly timeZone: string,
  ) {
    const fields = expression.trim().split(/\s+/);
    if (fields.length !== FIELDS.length) throw this.invalid(`it has ${fields.length} fields instead of five`);
    const [minutes, hours, days, months, weekdays] = fields.map((text, i) => this.values(text, i));
    this.minutes = minutes!;
    this.hours = hours!;
    this.days = days!;
    this.months = months!;
    this.weekdays = new Set([...weekdays!].map(day => day % 7));
    this.either = !fields[2]!.startsWith('*') && !fields[4]!.startsWith('*');
    this.format = formatOf(timeZone);
  }

  /**
   * The first time after that, in milliseconds since 1970. Throws a `RangeError` if it never comes: `0 0 30 2 *`.
   * @param after in milliseconds since 1970
   */
  next(after: number): number {
    let time = Math.floor(after / MINUTE) * MINUTE + MINUTE;
    for (const end = time + HORIZON; time < end;) {
      const wall = this.wall(time);
      if (this.runs(time, wall)) return time;
      time += this.step(wall);
    }
    throw this.invalid('it never comes');
  }

  private runs(time: number, wall: number): boolean {
    if (this.hours.size === 24) return this.matches(wall);
    if (this.matches(wall)) return !SET_BACK.some(shift => this.wall(time - shift) === wall);
    for (let skipped = this.wall(time - MINUTE) + MINUTE; skipped < wall; skipped += MINUTE)
      if (this.matches(skipped)) return true;
    return false;
  }

  /** Never beyond a time that may match, nor beyond a change of clocks. */
  private step(wall: number): number {
    const date = new Date(wall);
    if (this.hours.has(date.getUTCHours()) && this.isDay(date)) return MINUTE;
    const toNextHour = HOUR - (wall % HOUR);
    // No zone changes its clocks by more than two hours between 1 and 22.
    return this.isDay(date) || date.getUTCHours() > 19 ? toNextHour : toNextHour + (20 - date.getUTCHours()) * HOUR;
  }

  private matches(wall: number): boolean {
    const date = new Date(wall);
    return this.minutes.has(date.getUTCMinutes()) && this.hours.has(date.getUTCHours()) && this.isDay(date);
  }

  private isDay(date: Date): boolean {
    if (!this.months.has(date.getUTCMonth() + 1)) return false;
    const [isDay, isWeekday] = [this.days.has(date.getUTCDate()), this.weekdays.has(date.getUTCDay())];
    return this.either ? isDay || isWeekday : isDay && isWeekday;
  }

  /** What the clocks of the zone show, as if it were UTC. */
  private wall(time: number): number {
    const parts = Object.fromEntries(this.format.formatToParts(time).map(({ type, value }) => [type, Number(value)]));
    return Date.UTC(parts['year']!, parts['month']! - 1, parts['day'], parts['hour'], parts['minute']);
  }

  private values(text: string, field: number): ReadonlySet<number> {
    try {
      return valuesOf(text, FIELDS[field]!);
    } catch (error) {
      throw this.invalid((error as Error).message);
    }
  }

  private invalid(why: string): RangeError {
    return new RangeError(`The cron expression "${this.expression}" (${this.timeZone}) is not valid: ${why}.`);
  }
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const numeric = { year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric' } as const;
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone, calendar: 'gregory', hourCycle: 'h23', ...numeric });
  } catch {
    throw new RangeError(`"${timeZone}" is not a time zone. Give one as Europe/Berlin or UTC.`);
  }
}
