import type { Job } from 'nestjs-cqrs/extension';
import { Completions } from '../../../../lib/integrations/pg-boss/completions.js';
import { JobWriter } from '../../../../lib/integrations/pg-boss/job-writer.js';
import { jobId, Names } from '../../../../lib/integrations/pg-boss/names.js';
import { settingsOf } from '../../../../lib/integrations/pg-boss/options.js';
import { FakeBoss } from './fake-boss.js';

const NAMES = new Names('cqrs');

const job = (id: string, change: Partial<Job> = {}): Job => ({
  id,
  queue: 'mail',
  data: { kind: 'command', envelope: {}, enqueuedAt: 0 },
  retry: { limit: 3, delay: 1500, backoff: false, maxDelay: 0 },
  ...change,
});

/** The rows of a statement for many. */
const rowsOf = ([json]: readonly unknown[]) => JSON.parse(json as string) as Record<string, unknown>[];

const storedBy = (statement: string, values: readonly unknown[]): { name: string; id: string }[] =>
  statement === 'storeOne'
    ? [{ name: values[4] as string, id: values[3] as string }]
    : rowsOf(values).map(({ name, id }) => ({ name: name as string, id: id as string }));

function writer(major: 10 | 12 = 12) {
  const boss = new FakeBoss(major);
  boss.answer = storedBy;
  const settings = settingsOf({ lease: 5000, ...(major === 12 && { keep: 7000 }) }, major);
  return { boss, writer: new JobWriter(boss.engine(), NAMES, settings) };
}

const duplicates = (stored: readonly { isDuplicate: boolean }[]) => stored.map(({ isDuplicate }) => isDuplicate);

/** How many jobs each statement had. */
const counts = ({ ran }: FakeBoss) => ran.map(([name, values]) => (name === 'store' ? rowsOf(values).length : 1));

describe('jobs that are stored', () => {
  it('alone have a statement of their own, with what they say', async () => {
    const { boss, writer: one } = writer();
    const at = new Date(5000);
    await one.store([job('a', { delay: 20, key: 'k' })]);
    await one.store([job('b', { at, retry: { limit: 1, delay: 0, backoff: true, maxDelay: 9000 } })]);
    const text = (id: string, retry: object) =>
      JSON.stringify({ id, retry, data: { kind: 'command', envelope: {}, enqueuedAt: 0 } });
    const id = (given: string) => [jobId('mail', given), 'cqrs.mail'];
    expect(boss.ran).toEqual([
      ['storeOne', [text('a', job('a').retry), 5, 7, ...id('a'), null, 20, 'k', 3, 2, 'false', null]],
      [
        'storeOne',
        [
          text('b', { limit: 1, delay: 0, backoff: true, maxDelay: 9000 }),
          5,
          7,
          ...id('b'),
          at.toISOString(),
          0,
          null,
          1,
          0,
          'true',
          9,
        ],
      ],
    ]);
  });

  it('together have one, and keep their order', async () => {
    const { boss, writer: many } = writer();
    const at = new Date(5000);
    await many.store([job('a'), job('b', { at, key: 'k"' }), job('c', { delay: 20, queue: 'other' })]);
    expect(boss.ran).toEqual([['store', [expect.any(String), 5, 7]]]);
    expect(rowsOf(boss.ran[0]![1])).toMatchObject([
      { n: 0, id: jobId('mail', 'a'), name: 'cqrs.mail', delay: 0, retryLimit: 3, retryDelay: 2, retryBackoff: false },
      { n: 1, id: jobId('mail', 'b'), at: at.toISOString(), key: 'k"', retryDelayMax: null },
      { n: 2, id: jobId('other', 'c'), name: 'cqrs.other', delay: 20 },
    ]);
    const old = writer(10);
    await old.writer.store([job('a'), job('b')]);
    expect(old.boss.ran).toEqual([['store', [expect.any(String), 5]]]);
  });

  it('of calls of one turn share a statement, and each call gets its own answer', async () => {
    const { boss, writer: shared } = writer();
    const first = shared.store([job('a')]);
    const others = Promise.all([shared.store([job('b'), job('a')]), shared.store([job('c')])]);
    expect(duplicates(await first)).toEqual([false]);
    expect((await others).map(duplicates)).toEqual([[false, true], [false]]);
    expect(counts(boss)).toEqual([4]);
    boss.answer = () => [];
    expect(await shared.store([job('a')])).toEqual([{ id: 'a', isDuplicate: true }]);
  });

  it.each([
    [
      [600, 400, 1],
      [1000, 1],
    ],
    [
      [1001, 1],
      [1001, 1],
    ],
    [
      [1, 1000, 1],
      [1, 1000, 1],
    ],
  ])('have statements of a thousand jobs at most, unless a call has more: %j', async (calls, expected) => {
    const { boss, writer: many } = writer();
    await Promise.all(
      calls.map((count, call) => many.store(Array.from({ length: count }, (_, i) => job(`${call} ${i}`)))),
    );
    expect(counts(boss)).toEqual(expected);
  });

  it('have statements of a million characters at most', async () => {
    const { boss, writer: large } = writer();
    const sized = (id: string, size: number) => {
      const empty = JSON.stringify({ id, retry: job(id).retry, data: { ...job(id).data, envelope: '' } }).length;
      return job(id, { data: { ...job(id).data, envelope: 'x'.repeat(size - empty) } });
    };
    await Promise.all([sized('a', 600_000), sized('b', 400_000), sized('c', 300)].map(each => large.store([each])));
    expect(counts(boss)).toEqual([2, 1]);
    boss.ran.length = 0;
    await Promise.all([sized('a', 600_000), sized('b', 400_001), sized('c', 300)].map(each => large.store([each])));
    expect(counts(boss)).toEqual([1, 2]);
  });

  it('are stored apart where PostgreSQL refuses those of one call', async () => {
    const { boss, writer: shared } = writer();
    const bad = jobId('mail', 'bad');
    const refused = Object.assign(new Error('too deep'), { code: '54001' });
    boss.answer = (statement, values) =>
      JSON.stringify(values).includes(bad) ? Promise.reject(refused) : storedBy(statement, values);
    const ends = await Promise.allSettled(['a', 'b', 'bad', 'c'].map(id => shared.store([job(id)])));
    expect(ends.map(end => (end.status === 'fulfilled' ? duplicates(end.value) : (end.reason as unknown)))).toEqual([
      [false],
      [false],
      refused,
      [false],
    ]);
    expect(counts(boss)).toEqual([4, 2, 2, 1, 1]);
  });

  it.each(['08006', '57P01', undefined])('all fail, and are not tried again, after %s', async code => {
    const { boss, writer: shared } = writer();
    const away = Object.assign(new Error('away'), { code });
    boss.answer = () => Promise.reject(away);
    const ends = await Promise.allSettled(['a', 'b'].map(id => shared.store([job(id)])));
    expect(ends.map(end => (end as PromiseRejectedResult).reason as unknown)).toEqual([away, away]);
    expect(boss.ran).toHaveLength(1);
  });

  it('fail alone where they cannot be written', async () => {
    const { boss, writer: shared } = writer();
    const odd = job('odd', { data: { kind: 'command', envelope: 1n, enqueuedAt: 0 } });
    const ends = await Promise.allSettled([shared.store([odd]), shared.store([job('a')])]);
    expect(ends.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
    expect(boss.statements).toEqual(['storeOne']);
  });
});

describe('jobs that are completed', () => {
  const key = (id: string, start: number | null = 5) => ({ id, retryCount: 1, start });

  it('in one turn share a statement; one alone has a quicker one', async () => {
    const boss = new FakeBoss();
    const completions = new Completions(boss.engine(), 'q');
    await Promise.all([completions.add(key('a')), completions.add(key('b', null))]);
    await completions.add(key('c'));
    expect(boss.ran).toEqual([
      ['completeAll', ['q', '{a,b}', '{1,1}', '{5,NULL}']],
      ['complete', ['q', 'c', 1, 5]],
    ]);
  });

  it('all fail where the statement does', async () => {
    const boss = new FakeBoss();
    boss.answer = () => Promise.reject(new Error('away'));
    const completions = new Completions(boss.engine(), 'q');
    const ends = await Promise.allSettled([completions.add(key('a')), completions.add(key('b'))]);
    expect(ends.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    boss.answer = () => [];
    expect(await completions.add(key('a'))).toBeUndefined();
  });
});
