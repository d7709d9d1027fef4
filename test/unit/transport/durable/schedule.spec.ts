import { schedule, scheduleProblems, type ScheduleOptions } from '../../../../lib/transport/durable/schedule.js';

class Build {}

const problems = (options: unknown, name: unknown = 'nightly', command: unknown = new Build()) =>
  scheduleProblems(schedule(name as string, command as object, options as ScheduleOptions), 'here');

describe('scheduleProblems', () => {
  it.each(['* * * * *', '0 3 * * *', '*/5 0-6 1,15 * MON-FRI', ' 0  3 * JAN 1 '])('accepts %j', cron => {
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
