interface Field {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  /** Names of the values, from `least` on. */
  readonly names?: readonly string[];
}

const MONTHS = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ');

const FIELDS: readonly Field[] = [
  { name: 'minute', least: 0, most: 59 },
  { name: 'hour', least: 0, most: 23 },
  { name: 'day of the month', least: 1, most: 31 },
  { name: 'month', least: 1, most: 12, names: MONTHS },
  // 7 is Sunday too.
  { name: 'day of the week', least: 0, most: 7, names: 'sun mon tue wed thu fri sat'.split(' ') },
];

const DAYS_OF_MONTHS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * What every engine refuses: wrong fields, values out of range, a day that never comes.
 * @returns undefined if nothing is wrong
 */
export function cronMistake(expression: string): string | undefined {
  const fields = expression.trim().split(/\s+/);
  if (fields.length !== FIELDS.length)
    return `it has ${fields.length} ${fields.length === 1 ? 'field' : 'fields'} instead of five`;
  return fields.map((text, i) => fieldMistake(text, FIELDS[i]!)).find(found => found !== undefined) ?? never(fields);
}

const fieldMistake = (text: string, field: Field): string | undefined =>
  text
    .split(',')
    .map(part => partMistake(part, field))
    .find(found => found !== undefined);

/** A value, a range or `*`, with or without a step. */
function partMistake(part: string, field: Field): string | undefined {
  const [range, step, ...more] = part.split('/') as [string, ...string[]];
  if (more.length > 0 || (step !== undefined && !(/^\d{1,2}$/.test(step) && Number(step) > 0)))
    return `the step of the ${field.name} "${part}" is not a number of 1 or more`;
  if (range === '*') return undefined;
  const ends = range.split('-').map(end => valueOf(end, field));
  if (ends.length > 2 || ends.some(Number.isNaN)) return outOfRange(range, field);
  return ends[0]! > ends.at(-1)! ? `the ${field.name} "${range}" ends before it begins` : undefined;
}

function outOfRange(range: string, { name, least, most, names }: Field): string {
  const others = names === undefined ? '' : ` or ${names[0]} to ${names.at(-1)}`;
  return `the ${name} "${range}" is not from ${least} to ${most}${others}`;
}

/** NaN for what the field cannot be. */
function valueOf(text: string, { least, most, names = [] }: Field): number {
  const named = names.indexOf(text.toLowerCase());
  if (named >= 0) return least + named;
  const value = /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN;
  return value >= least && value <= most ? value : Number.NaN;
}

/** As the 30th of February. With a day of the week, that one counts as well. */
function never([, , days, months, weekdays]: readonly string[]): string | undefined {
  if (weekdays !== '*') return undefined;
  const earliest = Math.min(...valuesOf(days!, FIELDS[2]!));
  const longest = Math.max(...valuesOf(months!, FIELDS[3]!).map(month => DAYS_OF_MONTHS[month - 1]!));
  return earliest > longest ? 'that day never comes' : undefined;
}

/** Of a correct field. Steps are ignored: a value too many refuses nothing. */
function valuesOf(text: string, field: Field): number[] {
  return text.split(',').flatMap(part => {
    const [range, step] = part.split('/') as [string, string?];
    const [from, to] = range === '*' ? [field.least, field.most] : range.split('-').map(end => valueOf(end, field));
    const last = to ?? (step === undefined ? from! : field.most);
    return Array.from({ length: last - from! + 1 }, (_, i) => from! + i);
  });
}
