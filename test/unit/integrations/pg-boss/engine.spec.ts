import { jest } from '@jest/globals';
import type { AnyPgBoss } from '../../../../lib/integrations/pg-boss/boss.js';
import { Engine } from '../../../../lib/integrations/pg-boss/engine.js';
import { pgBosses } from '../../../support/pg-bosses.js';
import { FakeBoss, fetchedJob } from './fake-boss.js';

const withCode = (code: string) => Object.assign(new Error(`failed with ${code}`), { code });

const AWAY = 'pg-boss cannot reach its database, and goes on trying';

afterEach(() => void jest.restoreAllMocks());

describe('the start of a boss', () => {
  it('is shared by calls, and follows a stop', async () => {
    const boss = new FakeBoss();
    const engine = boss.engine();
    await Promise.all([engine.start(() => undefined), engine.start(() => undefined)]);
    expect(boss.log).toEqual(['start']);
    await engine.stop();
    await engine.stop();
    expect(boss.log.slice(1)).toEqual([['stop', { graceful: true, timeout: 5000 }]]);
    await engine.start(() => undefined);
    expect(boss.log.slice(2)).toEqual(['start']);
  });

  it.each([
    [12, 2, undefined],
    [10, 1, 'away'],
  ] as const)(
    'that has failed: version %d is started %d times, and then fails with %s',
    async (major, starts, then) => {
      const boss = new FakeBoss(major);
      const engine = boss.engine();
      boss.starting = () => Promise.reject(new Error('away'));
      await expect(engine.start(() => undefined)).rejects.toThrow('away');
      boss.starting = async () => undefined;
      const failure = await engine.start(() => undefined).catch((error: Error) => error.message);
      expect([boss.log.length, failure]).toEqual([starts, then]);
    },
  );

  it('keeps connections alive, unless the boss is told otherwise', async () => {
    const boss = new FakeBoss();
    boss.database.config = { connectionTimeoutMillis: 5 };
    await boss.started();
    expect(boss.database.config).toEqual({
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      connectionTimeoutMillis: 5,
    });
    const other = new FakeBoss();
    other.database.config = {};
    await other.started();
    expect(other.database.config).toMatchObject({ connectionTimeoutMillis: 10_000 });
  });

  it('leaves a boss as it is that the user has started', async () => {
    const boss = new FakeBoss();
    boss.database = { opened: true, config: {} };
    const engine = await boss.started();
    await engine.stop();
    expect([boss.database.config, boss.log]).toEqual([{}, []]);
  });

  it('listens for errors where nothing else does, and tells them', async () => {
    const boss = new FakeBoss();
    await boss.started();
    expect(boss.listeners).toHaveLength(1);
    boss.listeners[0]!(new Error('idle connection'));
    expect(boss.reported).toEqual([AWAY]);
    const heard = new FakeBoss();
    heard.on('error', () => undefined);
    await heard.started();
    expect(heard.listeners).toHaveLength(1);
  });

  it('that cannot be stopped is told', async () => {
    const boss = new FakeBoss();
    const engine = await boss.started();
    boss.stop = () => Promise.reject(new Error('away'));
    await engine.stop();
    expect(boss.reported).toEqual([AWAY]);
  });
});

describe('a statement', () => {
  it('gives its rows, or whether there were any', async () => {
    const boss = new FakeBoss();
    const engine = await boss.started();
    boss.answer = () => [{ id: 'a' }];
    expect(await engine.run('getDead', ['q', 'a'])).toEqual([{ id: 'a' }]);
    expect(await engine.change('discard', ['q', 'a'])).toBe(true);
    boss.answer = () => [];
    expect(await engine.change('discard', ['q', 'a'])).toBe(false);
    expect(boss.ran).toEqual([
      ['getDead', ['q', 'a']],
      ['discard', ['q', 'a']],
      ['discard', ['q', 'a']],
    ]);
  });

  it('of a boss that is stopped fails', async () => {
    const boss = new FakeBoss();
    const engine = await boss.started();
    boss.answer = () => undefined;
    await expect(engine.run('getDead', ['q', 'a'])).rejects.toThrow('pg-boss is stopped');
  });
});

describe('jobs that are fetched', () => {
  const jobs = [fetchedJob({ id: 'second', createdOn: 20 }), fetchedJob({ id: 'first', createdOn: new Date(10) })];

  it('come in the order in which they were stored, from both versions', async () => {
    const old = new FakeBoss(10);
    old.answer = () => jobs;
    expect((await (await old.started()).fetch('q', 5)).map(({ id }) => id)).toEqual(['first', 'second']);
    expect(old.ran).toEqual([['fetch', ['q', 5]]]);
    const recent = new FakeBoss(12);
    recent.fetching = async () => jobs;
    expect((await (await recent.started()).fetch('q', 5)).map(({ id }) => id)).toEqual(['first', 'second']);
    expect(recent.log).toEqual([['fetch', 'q', expect.objectContaining({ batchSize: 5, includeMetadata: true })]]);
  });

  it.each([
    ['08006', true],
    ['23505', false],
  ])(
    'are none where version 12 hides that its statement has failed with %s: the failure is told: %p',
    async (code, isTold) => {
      const boss = new FakeBoss(12);
      const engine = await boss.started();
      boss.answer = () => Promise.reject(withCode(code));
      boss.fetching = async ({ db }) => {
        await db!.executeSql('select').catch(() => undefined);
        return [];
      };
      const fetched = engine.fetch('q', 1).catch((error: { code: string }) => error.code);
      expect(await fetched).toEqual(isTold ? code : []);
    },
  );
});

describe('a queue', () => {
  it('that is there keeps its policy', async () => {
    const boss = new FakeBoss();
    boss.known = { policy: 'short' };
    expect(await (await boss.started()).makeQueue('q', 'standard')).toBe('short');
    expect(boss.log).toEqual([['getQueue', 'q']]);
  });

  it('is made by pg-boss 12, and by a statement of its own in 10', async () => {
    const [recent, old] = [new FakeBoss(12), new FakeBoss(10)];
    expect(await (await recent.started()).makeQueue('q', 'key_strict_fifo')).toBe('key_strict_fifo');
    expect(await (await old.started()).makeQueue('q', 'standard')).toBe('standard');
    expect(recent.log.at(-1)).toEqual(['createQueue', 'q', { name: 'q', policy: 'key_strict_fifo' }]);
    expect([old.log, old.ran]).toEqual([[['getQueue', 'q']], [['makeQueue', ['q', 'standard']]]]);
  });

  it.each([
    [9, 'standard'],
    [10, '40P01'],
  ])('of which %d tries end in a deadlock: %s', async (deadlocks, expected) => {
    jest.spyOn(Math, 'random').mockReturnValue(0);
    const boss = new FakeBoss(10);
    const engine = await boss.started();
    boss.answer = () => (boss.ran.length <= deadlocks ? Promise.reject(withCode('40P01')) : []);
    const made = engine.makeQueue('q', 'standard').catch((error: { code: string }) => error.code);
    expect([await made, boss.ran.length]).toEqual([expected, 10]);
  });

  it('is tried once where something else fails', async () => {
    const boss = new FakeBoss(10);
    const engine = await boss.started();
    boss.answer = () => Promise.reject(withCode('42501'));
    await expect(engine.makeQueue('q', 'standard')).rejects.toMatchObject({ code: '42501' });
    expect(boss.ran).toHaveLength(1);
  });
});

describe('an outage', () => {
  it('is told once, until all that failed has had an answer and five seconds have passed', async () => {
    const now = jest.spyOn(performance, 'now').mockReturnValue(0);
    const boss = new FakeBoss();
    const engine = await boss.started();
    const [one, other] = [{}, {}];
    const told = (at: number, happens: () => void): number => {
      now.mockReturnValue(at);
      happens();
      return boss.reported.length;
    };
    expect(told(0, () => engine.failed(one, new Error('away')))).toBe(1);
    expect(told(10_000, () => engine.failed(other, new Error('away')))).toBe(1);
    expect(told(11_000, () => engine.answered(one))).toBe(1);
    expect(told(20_000, () => engine.failed(one, new Error('away')))).toBe(1);
    engine.answered(one);
    engine.answered(other);
    expect(told(24_999, () => engine.failed(one, new Error('away')))).toBe(1);
    engine.answered(one);
    expect(told(29_999, () => engine.failed(one, new Error('away')))).toBe(2);
    expect(boss.reported).toEqual([AWAY, AWAY]);
  });

  it('of which only an event has told is over with the next answer', async () => {
    const now = jest.spyOn(performance, 'now').mockReturnValue(0);
    const boss = new FakeBoss();
    const engine = await boss.started();
    boss.listeners[0]!(new Error('idle connection'));
    engine.answered({});
    now.mockReturnValue(5000);
    engine.failed({}, new Error('away'));
    expect(boss.reported).toHaveLength(2);
  });
});

describe('statements of one job', () => {
  const given = async (prepares: boolean, database: object): Promise<unknown[]> => {
    const statements: unknown[] = [];
    const executeSql = async (statement: unknown) => ({ rows: [statements.push(statement)] });
    const boss = { getDb: () => Object.assign(database, { executeSql }) } as unknown as AnyPgBoss;
    const engine = new Engine({ boss, major: 12, schema: 'boss' }, prepares);
    await engine.run('storeOne', []);
    await engine.run('complete', []);
    await engine.run('store', []);
    return statements;
  };

  it.each(pgBosses)('have names where they are prepared, on the pool of $title: each its own', async ({ make }) => {
    const database = make('postgres://localhost/none', 'boss').getDb();
    const [plain, named] = [await given(false, database), await given(true, database)];
    const name = expect.stringMatching(/^nestjs-cqrs [0-9a-f]{16}$/);
    expect(named).toEqual([{ name, text: plain[0] }, { name, text: plain[1] }, plain[2]]);
    expect(new Set(named.map(one => (one as { name?: string }).name)).size).toBe(3);
  });

  it('are texts for a database of the user, which may have a configuration too', async () => {
    const plain = await given(false, {});
    expect(plain).toEqual(Array.from({ length: 3 }, () => expect.any(String)));
    expect([await given(true, {}), await given(true, { config: {} })]).toEqual([plain, plain]);
  });
});
