import { schedule, scheduleProblems, type ScheduleOptions } from '../../../../lib/transport/durable/schedule.js';

class Build {}

const problems = (options: unknown, name: unknown = 'nightly', command: unknown = new Build()) =>
  scheduleProblems(schedule(name as string, command as object, options as ScheduleOptions), 'here');

describe('scheduleProblems', () => {
  it.each([
    '* * * * *',
    '0 3 * * *',
    '*/5 0-6 1,15 * MON-FRI',
    ' 0  3 * JAN 1 ',
    '59 23 31 12 7',
    '5/20 0 1 1 0',
    '0 0 29 2 *',
    '0 0 30 2 mon',
    '0 0 31 2,jan *',
    '0 0 31 2-3 *',
    '0 0 31 2/1 *',
    '0 0 30,1 feb *',
  ])('accepts %j', cron => {
    expect(problems({ cron })).toEqual([]);
    expect(problems({ cron, timeZone: 'Europe/Berlin' })).toEqual([]);
  });

  it.each([
    '',
    '* * * *',
    '* * * * * *',
    'every day at noon ok',
    '0 3 * * $',
    '0 mon * * *',
    '* * * * 1-',
    '*/ * * * *',
    '0 3 * * MONDAY',
    ',0 * * * *',
    5,
    null,
  ])('refuses the expression %j', cron => {
    expect(problems({ cron })).toMatchObject([
      { code: 'CQRS_INVALID_OPTIONS', what: expect.stringContaining('five fields') },
    ]);
  });

  it.each([
    ['61 * * * *', 'the minute "61" is not from 0 to 59'],
    ['0 24 * * *', 'the hour "24" is not from 0 to 23'],
    ['0 0 0 * *', 'the day of the month "0" is not from 1 to 31'],
    ['0 0 1 13 *', 'the month "13" is not from 1 to 12 or jan to dec'],
    ['0 0 * * 8', 'the day of the week "8" is not from 0 to 7 or sun to sat'],
    ['0 0 * * fri-sun', 'the day of the week "fri-sun" ends before it begins'],
    ['0-61 * * * *', 'the minute "0-61" is not from 0 to 59'],
    ['*/0 * * * *', 'the step of the minute "*/0" is not a number of 1 or more'],
    ['0 3 L * *', 'the day of the month "L" is not from 1 to 31'],
    ['a b c d e', 'the minute "a" is not from 0 to 59'],
    ['0 0 30 2 *', 'that day never comes'],
    ['0 0 31 2,4-4,sep,11 *', 'that day never comes'],
    ['0 3 * *', 'it has 4 fields instead of five'],
    ['@daily', 'it has 1 field instead of five'],
  ])('says what is wrong with %j', (cron, why) => {
    expect(problems({ cron })).toMatchObject([
      {
        what: `The option "cron" must be a cron expression of five fields, as in '0 3 * * *', not '${cron}': ${why}.`,
        where: "schedule('nightly')",
      },
    ]);
  });

  it.each(['Mars/Olympus', '', 5])('refuses the time zone %j', timeZone => {
    expect(problems({ cron: '* * * * *', timeZone })).toMatchObject([
      { what: expect.stringContaining('the name of a time zone') },
    ]);
  });

  it.each([undefined, {}, { timeZone: 'UTC' }])('tells that %j does not say when', options => {
    const what = problems(options).map(problem => problem.what);
    expect(what).toContain('The schedule "nightly" does not say when it runs.');
  });

  it('refuses a schedule without a name, and one without a command', () => {
    const cron = '* * * * *';
    expect(problems({ cron }, '')).toMatchObject([{ what: expect.stringContaining('must have a name') }]);
    expect(problems({ cron }, 5)).toMatchObject([{ what: expect.stringContaining('must have a name') }]);
    expect(problems({ cron }, 'a', 5)).toMatchObject([
      { what: 'The schedule "a" must be given a command, not a number.', where: 'here' },
    ]);
    expect(problems({ cron }, 'a', null)).toHaveLength(1);
    expect(problems({ cron }, 'a', Build)).toHaveLength(1);
  });

  it('refuses options that do not exist', () => {
    expect(problems({ cron: '* * * * *', timezone: 'UTC' })).toMatchObject([
      { what: 'There is no option "timezone".', where: "schedule('nightly')" },
    ]);
  });
});
