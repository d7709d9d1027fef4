import type { Problem } from '../../errors/cqrs.exception.js';
import { describeValue } from '../../errors/invalid-message.exception.js';
import { optionProblems, text, type RulesFor } from '../../options/option-rules.js';

/** When a command is stored. */
export interface ScheduleOptions {
  /** Five fields: minute, hour, day of the month, month, day of the week. */
  readonly cron: string;
  /** As `Europe/Berlin`. Default: `UTC`. */
  readonly timeZone?: string | undefined;
}

/** A command that is stored again and again. Made by `schedule()`. */
export class Schedule {
  constructor(
    readonly name: string,
    readonly command: object,
    readonly options: ScheduleOptions,
  ) {}
}

/**
 * Stores a command again and again: `schedule('nightly', new BuildReport(), { cron: '0 3 * * *', timeZone:
 * 'Europe/Berlin' })`, in the option `durable.schedules` or for `Schedules.set()`. Each run has a `messageId` of its own.
 * @param name one schedule of the engine
 */
export const schedule = (name: string, command: object, options: ScheduleOptions): Schedule =>
  new Schedule(name, command, options);

const MONTHS = 'jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec';

const DAYS = 'sun|mon|tue|wed|thu|fri|sat';

/** Lists of `*`, numbers, names and ranges, each with a step. */
const field = (names: string): RegExp => {
  const one = `(?:\\d{1,2}|${names})`;
  const part = `(?:\\*|${one}(?:-${one})?)(?:/\\d{1,2})?`;
  return new RegExp(`^${part}(?:,${part})*$`, 'i');
};

const NUMBERS = field('\\d');

/** Minute, hour, day of the month, month, day of the week. */
const FIELDS: readonly RegExp[] = [NUMBERS, NUMBERS, NUMBERS, field(MONTHS), field(DAYS)];

function isCron(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  const parts = value.trim().split(/\s+/);
  return parts.length === FIELDS.length && FIELDS.every((pattern, i) => pattern.test(parts[i]!));
}

const SCHEDULE: RulesFor<ScheduleOptions> = {
  cron: {
    expected: "five fields, as in '0 3 * * *'",
    accepts: isCron,
  },
  timeZone: { expected: "the name of a time zone, as 'Europe/Berlin'", accepts: isTimeZone },
};

/** @returns problems of one schedule */
export function scheduleProblems({ name, command, options }: Schedule, where: string): Problem[] {
  const problems = optionProblems(options, SCHEDULE, `schedule('${String(name)}')`);
  const missing = (options as Partial<ScheduleOptions> | undefined)?.cron === undefined ? [noCron(name, where)] : [];
  if (!text.accepts(name)) return [...problems, ...missing, withoutName(name, where)];
  const isMessage = typeof command === 'object' && command !== null;
  return isMessage ? [...problems, ...missing] : [...problems, ...missing, withoutCommand(name, command, where)];
}

function isTimeZone(value: unknown): boolean {
  if (typeof value !== 'string' || value === '') return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: value }).format();
    return true;
  } catch {
    return false;
  }
}

const noCron = (name: string, where: string): Problem => ({
  code: 'CQRS_INVALID_OPTIONS',
  what: `The schedule "${name}" does not say when it runs.`,
  where,
  remedy: "Give it cron, as in { cron: '0 3 * * *' }.",
});

const withoutName = (given: unknown, where: string): Problem => ({
  code: 'CQRS_INVALID_OPTIONS',
  what: `A schedule must have a name that is not empty, not ${describeValue(given)}.`,
  where,
  remedy: "Name it, as in schedule('nightly', …).",
});

const withoutCommand = (name: string, given: unknown, where: string): Problem => ({
  code: 'CQRS_INVALID_OPTIONS',
  what: `The schedule "${name}" must be given a command, not ${describeValue(given)}.`,
  where,
  remedy: "Give it an instance, as in schedule('nightly', new BuildReport(), …).",
});
