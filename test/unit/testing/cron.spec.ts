import { Cron } from '../../../lib/testing/cron.js';

const next = (expression: string, after: string, timeZone = 'UTC') =>
  new Date(new Cron(expression, timeZone).next(Date.parse(after))).toISOString().replace(':00.000Z', 'Z');

/** So many runs, one after another. */
function runs(count: number, expression: string, after: string, timeZone: string): string[] {
  const times = [after];
  while (times.length <= count) times.push(next(expression, times.at(-1)!, timeZone));
  return times.slice(1);
}

describe('Cron', () => {
  it.each([
    ['* * * * *', '2026-03-01T10:00:00Z', '2026-03-01T10:01Z'],
    ['* * * * *', '2026-03-01T10:00:59.999Z', '2026-03-01T10:01Z'],
    ['*/15 * * * *', '2026-03-01T10:46:00Z', '2026-03-01T11:00Z'],
    ['5/20 * * * *', '2026-03-01T10:26:00Z', '2026-03-01T10:45Z'],
    ['10-20/5 * * * *', '2026-03-01T10:15:00Z', '2026-03-01T10:20Z'],
    ['1,7,30-31 * * * *', '2026-03-01T10:07:00Z', '2026-03-01T10:30Z'],
    ['0 3 * * *', '2026-03-01T03:00:00Z', '2026-03-02T03:00Z'],
    ['30 4 1 JAN *', '2026-03-01T00:00:00Z', '2027-01-01T04:30Z'],
    ['0 0 * mar,dec *', '2026-03-31T12:00:00Z', '2026-12-01T00:00Z'],
    ['0 9 * * Mon-Fri', '2026-03-06T10:00:00Z', '2026-03-09T09:00Z'],
    ['0 9 * * fri-sun', '2026-03-07T10:00:00Z', '2026-03-08T09:00Z'],
    ['0 9 * * 7', '2026-03-02T00:00:00Z', '2026-03-08T09:00Z'],
    ['0 9 * * 0', '2026-03-02T00:00:00Z', '2026-03-08T09:00Z'],
    ['59 23 31 12 *', '2026-12-31T23:59:00Z', '2027-12-31T23:59Z'],
    ['0 0 29 2 *', '2026-01-01T00:00:00Z', '2028-02-29T00:00Z'],
    ['0 0 29 2 *', '2096-02-29T00:00:00Z', '2104-02-29T00:00Z'],
    ['  0  3 * *  * ', '2026-03-01T00:00:00Z', '2026-03-01T03:00Z'],
  ])('%s after %s is %s', (expression, after, expected) => {
    expect(next(expression, after)).toBe(expected);
  });

  it('knows each month and each day of the week by its name', () => {
    const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
    expect(months.map(name => next(`0 0 1 ${name} *`, '2025-12-31T00:00:00Z'))).toEqual(
      months.map((_, i) => `2026-${String(i + 1).padStart(2, '0')}-01T00:00Z`),
    );
    const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
    expect(days.map(name => next(`0 0 * * ${name}`, '2026-02-28T00:00:00Z'))).toEqual(
      days.map((_, i) => `2026-03-0${i + 1}T00:00Z`),
    );
  });

  it('takes the day of the month or that of the week where both are given', () => {
    expect(runs(4, '0 0 13 * fri', '2026-03-01T00:00:00Z', 'UTC')).toEqual([
      '2026-03-06T00:00Z',
      '2026-03-13T00:00Z',
      '2026-03-20T00:00Z',
      '2026-03-27T00:00Z',
    ]);
    expect(next('0 0 1 * wed', '2026-05-28T00:00:00Z')).toBe('2026-06-01T00:00Z');
    expect(next('0 0 */2 * wed', '2026-03-01T00:00:00Z')).toBe('2026-03-11T00:00Z');
  });

  describe('in a time zone', () => {
    it('follows the clocks of the zone, in winter and in summer', () => {
      expect(next('0 3 * * *', '2026-01-10T12:00:00Z', 'Europe/Berlin')).toBe('2026-01-11T02:00Z');
      expect(next('0 3 * * *', '2026-07-10T12:00:00Z', 'Europe/Berlin')).toBe('2026-07-11T01:00Z');
      expect(next('0 0 1 * *', '2026-01-30T12:00:00Z', 'Pacific/Auckland')).toBe('2026-01-31T11:00Z');
      expect(next('30 9 * * *', '2026-01-10T00:00:00Z', 'Asia/Kolkata')).toBe('2026-01-10T04:00Z');
    });

    it('runs a time that clocks skip when they are set forward', () => {
      expect(runs(3, '30 2 * * *', '2026-03-28T00:00:00Z', 'Europe/Berlin')).toEqual([
        '2026-03-28T01:30Z',
        '2026-03-29T01:00Z',
        '2026-03-30T00:30Z',
      ]);
      expect(runs(2, '30 0 * * *', '2024-04-25T12:00:00Z', 'Africa/Cairo')).toEqual([
        '2024-04-25T22:00Z',
        '2024-04-26T21:30Z',
      ]);
    });

    it('runs a time that comes twice once, unless each hour is meant', () => {
      expect(runs(2, '30 2 * * *', '2026-10-24T12:00:00Z', 'Europe/Berlin')).toEqual([
        '2026-10-25T00:30Z',
        '2026-10-26T01:30Z',
      ]);
      // Clocks are set back by half of an hour there.
      expect(runs(2, '45 1 * * *', '2026-04-04T00:00:00Z', 'Australia/Lord_Howe')).toEqual([
        '2026-04-04T14:45Z',
        '2026-04-05T15:15Z',
      ]);
      expect(runs(4, '30 * * * *', '2026-10-24T23:00:00Z', 'Europe/Berlin')).toEqual([
        '2026-10-24T23:30Z',
        '2026-10-25T00:30Z',
        '2026-10-25T01:30Z',
        '2026-10-25T02:30Z',
      ]);
    });

    it('finds the same times as a search minute by minute', () => {
      const zones = ['UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu'];
      for (const zone of zones) {
        const cron = new Cron('7 5,17 */3 * *', zone);
        const format = new Intl.DateTimeFormat('en-GB', {
          timeZone: zone,
          day: 'numeric',
          hour: '2-digit',
          minute: '2-digit',
        });
        let time = Date.parse('2026-03-25T00:00:00Z');
        const searched = [];
        for (let minute = time + 60_000; searched.length < 6; minute += 60_000) {
          const [day, hours] = format.format(minute).split(', ');
          if (/^(05|17):07$/.test(hours!) && (Number(day) - 1) % 3 === 0) searched.push(minute);
        }
        expect(searched.map(() => (time = cron.next(time)))).toEqual(searched);
      }
    });
  });

  it.each([
    ['* * * *', 'it has 4 fields instead of five'],
    ['* * * * * *', 'it has 6 fields instead of five'],
    ['60 * * * *', 'the minute "60" is not from 0 to 59'],
    ['* 24 * * *', 'the hour "24" is not from 0 to 23'],
    ['* * 0 * *', 'the day of the month "0" is not from 1 to 31'],
    ['* * * foo *', 'the month "foo" is not from 1 to 12 or jan to dec'],
    ['* * * * 8', 'the day of the week "8" is not from 0 to 7 or sun to sat'],
    ['mon * * * *', 'the minute "mon" is not from 0 to 59'],
    ['20-10 * * * *', 'the minute "20-10" ends before it begins'],
    ['*/0 * * * *', 'the step of the minute "*/0" is not a number of one or more'],
    ['*/x * * * *', 'the step of the minute "*/x" is not a number of one or more'],
    ['1//2 * * * *', 'the minute "1//2" is not from 0 to 59'],
    ['1,,2 * * * *', 'the minute "" is not from 0 to 59'],
    ['1-2-3 * * * *', 'the minute "1-2-3" is not from 0 to 59'],
    ['-1 * * * *', 'the minute "" is not from 0 to 59'],
    ['1.5 * * * *', 'the minute "1.5" is not from 0 to 59'],
    ['* * L * *', 'the day of the month "L" is not from 1 to 31'],
  ])('refuses %s', (expression, why) => {
    expect(() => new Cron(expression, 'UTC')).toThrow(
      new RangeError(`The cron expression "${expression}" (UTC) is not valid: ${why}.`),
    );
  });

  it('refuses an unknown time zone, and a day that never comes', () => {
    expect(() => new Cron('* * * * *', 'Europe/Nowhere')).toThrow('"Europe/Nowhere" is not a time zone.');
    expect(() => next('0 0 30 2 *', '2026-01-01T00:00:00Z')).toThrow('it never comes');
  });
});
