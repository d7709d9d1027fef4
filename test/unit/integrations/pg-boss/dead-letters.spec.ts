import { PgBossDeadLetters } from '../../../../lib/integrations/pg-boss/dead-letters.js';
import { jobId, Names } from '../../../../lib/integrations/pg-boss/names.js';
import { settingsOf } from '../../../../lib/integrations/pg-boss/options.js';
import { PgBossSchedules } from '../../../../lib/integrations/pg-boss/schedules.js';
import { FakeBoss } from './fake-boss.js';

const NAMES = new Names('cqrs');

const row = (id: string, position: string) => ({
  id,
  data: { retry: {}, data: `data of ${id}`, id },
  output: { name: 'Declined', message: 'no' },
  attempts: 2,
  diedAt: 5000,
  position,
});

function letters(major: 10 | 12 = 12) {
  const boss = new FakeBoss(major);
  const woken: string[] = [];
  const settings = settingsOf(major === 12 ? { keep: 7000, lease: 4000 } : { lease: 4000 }, major);
  const engine = boss.engine();
  return {
    boss,
    woken,
    dead: new PgBossDeadLetters(engine, NAMES, settings, queue => void woken.push(queue)),
    schedules: new PgBossSchedules(engine, NAMES, settings),
  };
}

describe('dead letters of pg-boss', () => {
  it('are told as the port has them', async () => {
    const { boss, dead } = letters();
    boss.answer = () => [row('a', '1')];
    const expected = {
      id: 'a',
      queue: 'mail',
      attempts: 2,
      reason: { name: 'Declined', message: 'no' },
      diedAt: new Date(5000),
      data: 'data of a',
    };
    expect(await dead.list('mail', { limit: 10 })).toEqual([expected]);
    expect(await dead.get('mail', 'a')).toEqual(expected);
    boss.answer = () => [];
    expect(await dead.get('mail', 'a')).toBeUndefined();
    expect(boss.ran.slice(1)).toEqual([
      ['getDead', ['cqrs.mail', jobId('mail', 'a')]],
      ['getDead', ['cqrs.mail', jobId('mail', 'a')]],
    ]);
  });

  it('have pages that begin where the one before has ended, whatever has become of its last', async () => {
    const { boss, dead } = letters();
    const askedAfter = async (after?: string, queue = 'mail') => {
      await dead.list(queue, { limit: 2, after });
      return boss.ran.at(-1)![1].slice(1);
    };
    boss.answer = () => [row('a', 'at 1'), row('b', 'at 2')];
    expect(await askedAfter()).toEqual([2, null, null]);
    boss.answer = () => [];
    expect(await askedAfter('b')).toEqual([2, jobId('mail', 'b'), 'at 2']);
    expect(await askedAfter('a')).toEqual([2, jobId('mail', 'a'), null]);
    expect(await askedAfter('b', 'other')).toEqual([2, jobId('other', 'b'), null]);
  });

  it('remember the ends of the latest thousand pages', async () => {
    const { boss, dead } = letters();
    const page = (id: string, position = id) => {
      boss.answer = () => [row(id, position)];
      return dead.list('mail', { limit: 1 });
    };
    for (let i = 0; i < 1000; i++) await page(`${i}`);
    // The first page is read again, and so the second is the oldest.
    await page('0', 'died again');
    await page('1000');
    boss.answer = () => [];
    const positions: unknown[] = [];
    for (const after of ['0', '1', '2', '1000']) {
      await dead.list('mail', { limit: 1, after });
      positions.push(boss.ran.at(-1)![1][3]);
    }
    expect(positions).toEqual(['died again', null, '2', '1000']);
  });

  it('that are redriven wake their queue', async () => {
    const { boss, woken, dead } = letters();
    expect([await dead.redrive('mail', 'a'), woken]).toEqual([false, []]);
    boss.answer = () => [{ id: 'a' }];
    expect([await dead.redrive('mail', 'a'), woken]).toEqual([true, ['mail']]);
    expect(boss.ran.at(-1)).toEqual(['redrive', ['cqrs.mail', jobId('mail', 'a'), 7]]);
    expect(await dead.discard('mail', 'a')).toBe(true);
    expect(boss.ran.at(-1)).toEqual(['discard', ['cqrs.mail', jobId('mail', 'a')]]);
    const old = letters(10);
    await old.dead.redrive('mail', 'a');
    expect(old.boss.ran).toEqual([['redrive', ['cqrs.mail', jobId('mail', 'a')]]]);
  });
});

describe('schedules in pg-boss', () => {
  const retry = { limit: 2, delay: 1500, backoff: true, maxDelay: 9000 };
  const data = { kind: 'command', envelope: {}, enqueuedAt: 1 } as const;
  const schedule = { name: 'n', queue: 'mail', cron: '0 3 * * *', timeZone: 'UTC', data, retry, isDeclared: true };

  it.each([
    [12, { ...retry }, { retryDelayMax: 9 }],
    [12, { ...retry, backoff: false }, {}],
    [10, { ...retry }, {}],
  ] as const)('fill a queue of their own: version %d, %j', async (major, policy, more) => {
    const { boss, schedules } = letters(major);
    await schedules.set({ ...schedule, retry: policy });
    const stored = {
      retry: policy,
      data,
      target: 'cqrs.mail',
      schedule: { name: 'n', queue: 'mail', isDeclared: true },
    };
    expect(boss.log.at(-1)).toEqual([
      'schedule',
      'cqrs-schedules.n',
      '0 3 * * *',
      stored,
      { tz: 'UTC', retryLimit: 2, retryDelay: 2, retryBackoff: policy.backoff, ...more },
    ]);
    expect(boss.ran.at(-1)).toEqual(['clearNew', ['cqrs-schedules.n']]);
  });

  it('are read back, without rows of others', async () => {
    const { boss, schedules } = letters();
    const said = { name: 'n', queue: 'mail', isDeclared: true };
    const rowOf = (content: unknown) => ({ cron: '0 3 * * *', timezone: 'UTC', data: content });
    boss.answer = () =>
      [
        { retry: { ...retry, other: 1 }, data, schedule: said },
        JSON.stringify({ retry, data, schedule: said }),
        null,
        'text',
        { data, schedule: said },
        { retry, data },
        { retry, data, schedule: { ...said, name: 1 } },
        { retry, data, schedule: { ...said, queue: undefined } },
      ].map(rowOf);
    expect(await schedules.list()).toEqual([schedule, schedule]);
    expect(boss.ran).toEqual([['schedules', ['cqrs-schedules.']]]);
  });

  it('are removed with what is due of them', async () => {
    const { boss, schedules } = letters();
    expect(await schedules.remove('n')).toBe(false);
    boss.answer = name =>
      name === 'schedules'
        ? [{ cron: '', timezone: '', data: { retry, data, schedule: { name: 'n', queue: 'mail' } } }]
        : [];
    expect([await schedules.remove('n'), await schedules.remove('m')]).toEqual([true, false]);
    expect(boss.log).toContainEqual(['unschedule', 'cqrs-schedules.m']);
    expect(boss.ran.at(-1)).toEqual(['clear', ['cqrs-schedules.m']]);
  });

  it.each([
    [12, [4, 7]],
    [10, [4]],
  ] as const)('move what is due to the queues of this process: version %d', async (major, more) => {
    const { boss, schedules } = letters(major);
    boss.answer = () => [{ name: 'cqrs.mail' }, { name: 'cqrs.mail' }];
    expect(await schedules.move(['cqrs.mail', 'cqrs.other'])).toEqual(new Set(['cqrs.mail']));
    expect(boss.ran).toEqual([['move', ['cqrs-schedules.', '["cqrs.mail","cqrs.other"]', ...more]]]);
  });
});
