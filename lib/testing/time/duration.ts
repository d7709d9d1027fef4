const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds, or a text such as `24h`, `90s` or `7d`. */
export type TimeSpan = number | `${number}${keyof typeof UNITS}`;

/** @throws TypeError */
export function millisecondsOf(span: TimeSpan): number {
  if (typeof span === 'number' && span >= 0 && span < Infinity) return span;
  const [, count, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(String(span)) ?? [];
  if (unit === undefined) throw new TypeError(`A time is milliseconds or a text such as '24h', not ${String(span)}.`);
  return Number(count) * UNITS[unit as keyof typeof UNITS];
}
