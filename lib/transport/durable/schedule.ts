import type { Problem } from '../../errors/cqrs.exception.js';
import { describeValue } from '../../errors/describe-value.js';
import { optionProblems, text, type RulesFor } from '../../options/option-rules.js';
import { cronMistake } from './cron-expression.js';

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

const SCHEDULE: RulesFor<ScheduleOptions> = {
  cron: {
    expected: "a cron expression of five fields, as in '0 3 * * *'",
    accepts: value => typeof value === 'string' && cronMistake(value) === undefined,
    describe: value => (typeof value === 'string' ? `${shown(value)}: ${cronMistake(value)}` : undefined),
  },
  timeZone: { expected: "the name of a time zone, as 'Europe/Berlin'", accepts: isTimeZone },
};

const shown = (text: string): string => (text.length > 40 ? 'a long text' : `'${text}'`);

/** Where a schedule is declared. */
export const scheduleCall = (name: unknown): string => `schedule('${String(name)}')`;

/** @returns problems of one schedule */
export function scheduleProblems({ name, command, options }: Schedule, where: string): Problem[] {
  const problems = optionProblems(options, SCHEDULE, scheduleCall(name));
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
