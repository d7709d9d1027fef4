/** `toISOString()` writes up to 27 characters; RFC 3339 allows any fraction. */
const MAX_LENGTH = 64;

/** `toISOString()` writes six-digit years with a sign outside of 0 to 9999; RFC 3339 allows `t`, `z`, offsets. */
const TIMESTAMP =
  /^(?<year>\d{4}|[+-]\d{6})-(?<month>\d\d)-(?<day>\d\d)T(?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d)(?:\.\d+)?(?:Z|[+-](?<offsetHour>\d\d):(?<offsetMinute>\d\d))$/i;

const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** `new Date(text)` would accept `1` or `Thu 1`, in local time. */
export function readISODate(text: unknown): Date | undefined {
  if (typeof text !== 'string' || text.length > MAX_LENGTH) return undefined;
  const usual = new Date(text);
  if (!Number.isNaN(usual.getTime()) && usual.toISOString() === text) return usual;
  const parts = TIMESTAMP.exec(text)?.groups;
  if (!parts) return undefined;
  const number = (name: string): number => Number(parts[name] ?? 0);
  const [year, month, day] = [number('year'), number('month'), number('day')];
  const exists =
    day >= 1 &&
    day <= (DAYS[month - 1] ?? 0) + (month === 2 && isLeap(year) ? 1 : 0) &&
    number('hour') < 24 &&
    number('minute') < 60 &&
    number('second') < 60 &&
    number('offsetHour') < 24 &&
    number('offsetMinute') < 60;
  const date = new Date(exists ? text.toUpperCase() : NaN);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

const isLeap = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
