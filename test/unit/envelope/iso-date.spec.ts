import { readISODate } from '../../../lib/envelope/iso-date.js';

describe('readISODate', () => {
  it.each([
    ['2026-11-29T23:59:59Z', '2026-11-29T23:59:59.000Z'],
    ['2024-02-29T00:00:00.5z', '2024-02-29T00:00:00.500Z'],
    ['2026-01-31T12:00:00+23:59', '2026-01-30T12:01:00.000Z'],
    ['2000-02-29T00:00:00Z', '2000-02-29T00:00:00.000Z'],
  ])('reads %s', (text, expected) => {
    expect(readISODate(text)?.toISOString()).toBe(expected);
  });

  it.each([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31].map((last, i) => [i + 1, last] as const))(
    'knows the first and the last day of month %d, day %d',
    (month, last) => {
      const dayOf = (day: number) =>
        readISODate(`2026-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}T00:00:00z`);
      expect([dayOf(1)?.getUTCDate(), dayOf(last)?.getUTCDate()]).toEqual([1, last]);
      expect([dayOf(0), dayOf(last + 1)]).toEqual([undefined, undefined]);
    },
  );

  it('reads texts of 64 characters, and none that are longer', () => {
    const text = (length: number) => `2026-01-01T00:00:00.${'1'.repeat(length - 21)}Z`;
    expect([text(64).length, readISODate(text(64))?.getUTCMilliseconds()]).toEqual([64, 111]);
    expect(readISODate(text(65))).toBeUndefined();
  });

  it.each([
    ['an hour that does not exist', '2026-01-01T24:00:00Z'],
    ['a minute that does not exist', '2026-01-01T00:60:00Z'],
    ['a second that does not exist', '2026-01-01T00:00:60Z'],
    ['an offset of 24 hours', '2026-01-01T00:00:00+24:00'],
    ['an offset of 60 minutes', '2026-01-01T00:00:00+01:60'],
    ['a day 0', '2026-01-00T00:00:00Z'],
    ['a day 31 in April', '2026-04-31T00:00:00Z'],
    ['a day 29 in February of no leap year', '2026-02-29T00:00:00Z'],
    ['a day 29 in February of 1900', '1900-02-29T00:00:00Z'],
    ['a month 0', '2026-00-01T00:00:00Z'],
    ['a month 13', '2026-13-01T00:00:00Z'],
    ['a number', 1764460799000],
    ['an endless fraction', `2026-01-01T00:00:00.${'1'.repeat(1000)}Z`],
  ])('refuses %s', (_what, text) => {
    expect(readISODate(text)).toBeUndefined();
  });
});
