/** One of the five fields. */
export interface CronField {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  /** Names of the values, from `least` on. */
  readonly names?: readonly string[];
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

export const FIELDS: readonly CronField[] = [
  { name: 'minute', least: 0, most: 59 },
  { name: 'hour', least: 0, most: 23 },
  { name: 'day of the month', least: 1, most: 31 },
  { name: 'month', least: 1, most: 12, names: MONTHS },
  // 7 is Sunday too.
  { name: 'day of the week', least: 0, most: 7, names: DAYS },
];

/** The values of a field: a list of values, ranges and steps. Throws a `RangeError` that says what is wrong. */
export function valuesOf(text: string, field: CronField): ReadonlySet<number> {
  return new Set(text.split(',').flatMap(part => partOf(part, field)));
}

function partOf(part: string, field: CronField): readonly number[] {
  const [range, step, ...rest] = part.split('/');
  if (range === undefined || range === '' || rest.length > 0) throw invalid(field, part);
  const [from, to] = rangeOf(range, field, step !== undefined);
  const by = step === undefined ? 1 : /^\d+$/.test(step) ? Number(step) : 0;
  if (by < 1) throw new RangeError(`the step of the ${field.name} "${part}" is not a number of one or more`);
  return Array.from({ length: Math.floor((to - from) / by) + 1 }, (_, i) => from + i * by);
}

/** A single value with a step begins a range: `5/15` is `5-59/15`. */
function rangeOf(range: string, field: CronField, hasStep: boolean): readonly [from: number, to: number] {
  const { least, most } = field;
  const isWeek = field.most === 7;
  if (range === '*') return [least, isWeek ? 6 : most];
  const ends = range.split('-');
  if (ends.length > 2) throw invalid(field, range);
  const from = valueOf(ends[0]!, field);
  if (ends.length === 1) return [from, hasStep ? most : from];
  const end = valueOf(ends[1]!, field);
  // `fri-sun`
  const to = isWeek && end === 0 && from > 0 ? 7 : end;
  if (from > to) throw new RangeError(`the ${field.name} "${range}" ends before it begins`);
  return [from, to];
}

function valueOf(text: string, field: CronField): number {
  const { least, most, names = [] } = field;
  const named = names.indexOf(text.toLowerCase());
  if (named >= 0) return least + named;
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (value >= least && value <= most) return value;
  throw invalid(field, text);
}

const invalid = ({ name, least, most, names }: CronField, text: string): RangeError =>
  new RangeError(
    `the ${name} "${text}" is not from ${least} to ${most}${names ? ` or ${names[0]} to ${names.at(-1)}` : ''}`,
  );
