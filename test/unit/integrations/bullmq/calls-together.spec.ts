import type { Job } from 'nestjs-cqrs/extension';
import { finishingTogether } from '../../../../lib/integrations/bullmq/finish-script.js';
import { JobWriter } from '../../../../lib/integrations/bullmq/job-writer.js';
import type { Queues } from '../../../../lib/integrations/bullmq/queues.js';
import { workerClient } from '../../../../lib/integrations/bullmq/worker-client.js';
import { FakeClient } from './fake-client.js';

const FINISH = 'nestjsCqrsFinish';
const MOVE = 'moveToFinished:5';

describe('jobs that end in one turn', () => {
  /** How many jobs each call ends. */
  const sizes = ({ ran }: FakeClient) =>
    ran.map(([name, args]) =>
      name === FINISH ? 1 + (JSON.parse(args[2] as string) as [unknown, unknown, number])[2] : 1,
    );

  const ending = (concurrency: number, answer?: ConstructorParameters<typeof FakeClient>[0]) => {
    const client = new FakeClient(answer);
    const run = finishingTogether(client.asClient(), concurrency);
    return { client, end: (id: number) => run(MOVE, ['active', `lock ${id}`, id, 'same']) as Promise<unknown> };
  };

  it.each([
    [3, 3, [1, 1, 1]],
    [4, 3, [2, 1]],
    [5, 5, [2, 2, 1]],
    [40, 33, [16, 16, 1]],
    [31, 16, [15, 1]],
  ])('of %d at a time: %d end with calls of %j', async (concurrency, count, expected) => {
    const { client, end } = ending(concurrency, (name, args) =>
      name === FINISH ? Array(args.length).fill('ok') : 'ok',
    );
    await Promise.all(Array.from({ length: count }, (_, id) => end(id)));
    expect(sizes(client)).toEqual(expected);
  });

  it('are told apart by what differs', async () => {
    const { client, end } = ending(8, () => ['first', 'second']);
    expect(await Promise.all([end(1), end(2)])).toEqual(['first', 'second']);
    expect(client.ran).toEqual([
      [FINISH, ['active', 'lock 1', JSON.stringify([[2, 3], 2, 1]), 1, 'same', 'lock 2', 2]],
    ]);
  });

  it('fail each for itself, or all where the call does', async () => {
    const gone = new Error('Missing lock');
    const mixed = ending(8, () => [gone, 'second']);
    expect(await Promise.allSettled([mixed.end(1), mixed.end(2)])).toMatchObject([
      { reason: gone },
      { value: 'second' },
    ]);
    const away = ending(8, () => Promise.reject(gone));
    expect(await Promise.allSettled([away.end(1), away.end(2)])).toMatchObject([{ reason: gone }, { reason: gone }]);
    const alone = ending(8, () => Promise.reject(gone));
    await expect(alone.end(1)).rejects.toBe(gone);
    expect(alone.client.commands).toEqual([MOVE]);
  });

  it('leave other commands alone', async () => {
    const client = new FakeClient(() => 'answer');
    const run = finishingTogether(client.asClient(), 40);
    expect(await Promise.all([run('moveToActive:9', [1]), run('extendLock:3', [2])])).toEqual(['answer', 'answer']);
    expect(client.commands).toEqual(['moveToActive:9', 'extendLock:3']);
  });
});

describe('a job that another program has written wrongly', () => {
  const taken = async (fields: string[]) => {
    const deleted: unknown[] = [];
    const answer = [[...fields], '7', 0, 0];
    const client = Object.assign(new FakeClient(() => answer), {
      hdel: async (...given: unknown[]) => {
        deleted.push(given);
        throw new Error('away');
      },
    });
    const worker = workerClient(client.asClient(), 1);
    const [read] = (await worker.runCommand('moveToActive:9', ['cqrs:mail:wait', 'x'])) as [string[]];
    return { read, deleted };
  };

  it.each([
    ['opts', 'no JSON', '{}'],
    ['opts', 'null', '{}'],
    ['opts', '5', '{}'],
    ['opts', '{"attempts":2}', '{"attempts":2}'],
    ['progress', 'no JSON', '0'],
    ['progress', '50', '50'],
    ['progress', 'null', 'null'],
    ['parent', '{"id":"1"}', ''],
    ['parent', '{"queueKey":"1"}', ''],
    ['parent', '{"id":1,"queueKey":"1"}', ''],
    ['parent', '{"id":"1","queueKey":"q"}', '{"id":"1","queueKey":"q"}'],
    ['data', 'no JSON', 'no JSON'],
  ])('is a job all the same: its %s %s is taken as %s', async (field, given, expected) => {
    const { read, deleted } = await taken(['name', 'mail', field, given]);
    expect(read).toEqual(['name', 'mail', field, expected]);
    expect(deleted).toEqual(field === 'parent' && expected === '' ? [['cqrs:mail:7', 'parent']] : []);
  });

  it('changes no other answer, and no other part of the client', async () => {
    for (const answer of [undefined, [], ['opts', 'x'], 'text', [0, 0, 0]]) {
      const client = new FakeClient(() => answer);
      const worker = workerClient(client.asClient(), 1);
      expect(await worker.runCommand('moveToActive:9', ['cqrs:mail:wait'])).toBe(answer);
      expect((worker as unknown as FakeClient).name).toBe('redis');
    }
  });
});

describe('jobs that are stored in one turn', () => {
  const retry = { limit: 1, delay: 100, backoff: false, maxDelay: 0 };
  const job = (id: number, change: Partial<Job> = {}): Job => ({
    id: `${id}`,
    queue: 'mail',
    data: { kind: 'command', envelope: {}, enqueuedAt: 0 },
    retry,
    ...change,
  });
  const SET = 12;

  /** The sets of one script: how many keys each skips, its own, and its jobs, with delay and attempts. */
  function setsOf([keys, ...args]: readonly unknown[]) {
    const [count, ...rest] = args.slice(keys as number) as [number, ...unknown[]];
    return Array.from({ length: count }, (_, i) => rest.slice(i * SET, (i + 1) * SET));
  }
  const countOf = (args: readonly unknown[]) => setsOf(args).reduce((sum, set) => sum + (set[SET - 1] as number), 0);

  function writer(isDuplicate: (count: number) => string = count => '0'.repeat(count)) {
    const client = new FakeClient((_name, args) => isDuplicate(countOf(args)));
    const known = new Map<string, unknown>();
    const of = (name: string) => {
      if (!known.has(name))
        known.set(name, {
          name,
          toKey: (key: string) => `cqrs:${name}:${key}`,
          getBackend: () => ({
            addJobToTransaction: (
              { runCommand }: { runCommand: (name: string, args: string[]) => void },
              { opts }: { opts: { delay: number } },
            ) =>
              runCommand(opts.delay > 0 ? 'addDelayedJob:5' : 'addStandardJob:5', [
                `${name} a`,
                `${name} b`,
                'p',
                'd',
                'o',
              ]),
          }),
        });
      return known.get(name);
    };
    const queues = { client: async () => client, of } as unknown as Queues;
    return { client, writer: new JobWriter(queues) };
  }

  it.each([
    [Array<number>(20).fill(1), [8, 8, 4]],
    [
      [10, 1],
      [10, 1],
    ],
    [
      [1, 7, 1],
      [8, 1],
    ],
    [[7, 5], [12]],
  ])('share scripts: calls of %j jobs have scripts of %j', async (calls, expected) => {
    const { client, writer: many } = writer();
    const stored = await Promise.all(calls.map(count => many.store(Array.from({ length: count }, (_, i) => job(i)))));
    expect(client.ran.map(([, args]) => countOf(args))).toEqual(expected);
    expect(stored.map(({ length }) => length)).toEqual(calls);
  });

  it('have scripts of a thousand at most, which are one transaction', async () => {
    const { client, writer: many } = writer();
    const jobs = Array.from({ length: 1001 }, (_, i) => job(i));
    await many.store(jobs.slice(1));
    expect(client.ran.map(([name, args]) => [name, countOf(args)])).toEqual([['nestjsCqrsStore', 1000]]);
    client.ran.length = 0;
    expect(await many.store(jobs)).toHaveLength(1001);
    expect(client.commands).toEqual(['nestjsCqrsStore', 'multi']);
    expect(client.ran[0]![1]).toEqual([0, 0]);
    expect((client.ran[1]![1] as unknown[][]).map(countOf)).toEqual([1000, 1]);
  });

  it('are told apart by queue, policy and delay, and those that are alike share a set', async () => {
    const { client, writer: many } = writer();
    const others: Partial<Job>[] = [
      {},
      { retry: { ...retry } },
      { retry: { ...retry, limit: 2 } },
      { retry: { ...retry, delay: 101 } },
      { retry: { ...retry, backoff: true } },
      { delay: 50 },
      { delay: 50 },
      { delay: 60 },
      { queue: 'other' },
      { retry: { ...retry, delay: 0 } },
    ];
    await many.store(others.map((change, i) => job(i, change)));
    const [[, args]] = client.ran as [readonly [string, readonly unknown[]]];
    const shown = setsOf(args).map(
      ([script, before, ours, prefix, name, , delay, attempts, traces, type, wait, count]) => [
        [script, before, ours, prefix, name],
        [delay, attempts, traces, type, wait],
        count,
      ],
    );
    const now = ['addStandardJob', 0, 2, 'cqrs:mail:', 'mail'];
    const later = ['addDelayedJob', 2, 2, 'cqrs:mail:', 'mail'];
    expect(shown).toEqual([
      [now, [0, 2, 1, 'fixed', 100], 2],
      [now, [0, 3, 1, 'fixed', 100], 1],
      [now, [0, 2, 1, 'fixed', 101], 1],
      [now, [0, 2, 1, 'cqrs', 100], 1],
      [later, [50, 2, 1, 'fixed', 100], 2],
      [later, [60, 2, 1, 'fixed', 100], 1],
      [['addStandardJob', 4, 2, 'cqrs:other:', 'other'], [0, 2, 1, 'fixed', 100], 1],
      [now, [0, 2, 1, '', 0], 1],
    ]);
    expect(args.slice(0, 7)).toEqual([6, 'mail a', 'mail b', 'mail a', 'mail b', 'other a', 'other b']);
    expect(args.slice(-2)).toEqual(['m-9', JSON.stringify({ data: job(9).data, retry: { ...retry, delay: 0 } })]);
  });

  it('tell duplicates of each call', async () => {
    const { writer: many } = writer(() => '010');
    const [first, second] = await Promise.all([many.store([job(1), job(2)]), many.store([job(3)])]);
    expect([first, second]).toEqual([
      [
        { id: '1', isDuplicate: false },
        { id: '2', isDuplicate: true },
      ],
      [{ id: '3', isDuplicate: false }],
    ]);
    expect(await many.store([])).toEqual([]);
  });
});
