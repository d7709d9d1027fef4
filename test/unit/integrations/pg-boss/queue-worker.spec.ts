import { jest } from '@jest/globals';
import type { Delivery, Outcome } from 'nestjs-cqrs/extension';
import { Completions } from '../../../../lib/integrations/pg-boss/completions.js';
import { settingsOf, type PgBossOptions } from '../../../../lib/integrations/pg-boss/options.js';
import { QueueWorker } from '../../../../lib/integrations/pg-boss/queue-worker.js';
import { ScheduleMover } from '../../../../lib/integrations/pg-boss/schedule-mover.js';
import { pending, quiet } from '../../../support/waiting.js';
import { DONE, failed } from '../../../e2e/durable/durable-runs.js';
import { FakeBoss, fetchedJob } from './fake-boss.js';

interface Given extends PgBossOptions {
  readonly concurrency?: number;
  readonly isKeyed?: boolean;
  readonly major?: 10 | 12;
}

/** A worker of a queue that holds jobs of these names. */
async function workerOf(
  names: string[],
  handle: (delivery: Delivery) => Promise<Outcome>,
  { concurrency = 2, isKeyed = false, major = 12, ...options }: Given = {},
) {
  const boss = new FakeBoss(major);
  const fetched: number[] = [];
  const take = (batchSize: number) => {
    fetched.push(batchSize);
    return names.splice(0, batchSize).map(id => fetchedJob({ id, retryLimit: 0 }));
  };
  boss.fetching = async given => take((given as { batchSize: number }).batchSize);
  boss.answer = (statement, values) => (statement === 'fetch' ? take(values[1] as number) : [{ id: 'a' }]);
  const engine = await boss.started();
  const of = {
    engine,
    settings: settingsOf(options, major),
    name: 'mail',
    queue: 'cqrs.mail',
    completions: new Completions(engine, 'cqrs.mail'),
  };
  const worker = new QueueWorker(of, { name: 'mail', concurrency, isKeyed }, handle);
  return { boss, fetched, worker, names };
}

/** Time goes on, and all that happens meanwhile. */
const pass = async (milliseconds: number): Promise<void> => {
  await quiet();
  await jest.advanceTimersByTimeAsync(milliseconds);
  await quiet();
};

beforeEach(() => void jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] }));
afterEach(() => void jest.useRealTimers());

describe('a worker of pg-boss', () => {
  it.each([10, 12] as const)(
    'takes as many jobs as may run, and the next where one has ended: version %d',
    async major => {
      const ends = new Map<string, ReturnType<typeof pending>>();
      const handle = async ({ id }: Delivery) => {
        ends.set(id, pending());
        await ends.get(id)!.promise;
        return DONE;
      };
      const { fetched, worker } = await workerOf(['a', 'b', 'c', 'd'], handle, { major });
      worker.start();
      worker.start();
      await pass(0);
      expect([[...ends.keys()], fetched]).toEqual([['a', 'b'], [2]]);
      await pass(5000);
      expect(ends.size).toBe(2);
      ends.get('a')!.finish();
      await pass(0);
      expect([[...ends.keys()], fetched]).toEqual([
        ['a', 'b', 'c'],
        [2, 1],
      ]);
      for (const end of ends.values()) end.finish();
      await pass(0);
      ends.get('d')!.finish();
      await pass(0);
      await worker.stop();
    },
  );

  it('looks again after its poll, or when it is woken', async () => {
    const { fetched, worker } = await workerOf([], async () => DONE, { poll: 500 });
    worker.start();
    await pass(499);
    expect(fetched).toHaveLength(1);
    await pass(1);
    expect(fetched).toHaveLength(2);
    worker.wake();
    await pass(0);
    expect(fetched).toHaveLength(3);
    worker.wakeAfterCommit();
    worker.wakeAfterCommit();
    await pass(49);
    expect(fetched).toHaveLength(3);
    await pass(1);
    expect(fetched).toHaveLength(4);
    worker.wakeAfterCommit();
    await pass(50);
    expect(fetched).toHaveLength(5);
    await worker.stop();
    expect(jest.getTimerCount()).toBe(0);
  });

  it.each([
    ['a quarter of the lease', 4000, 1000],
    ['30 seconds at most', 900_000, 30_000],
  ])('looks for jobs whose lease has ended every %s', async (_what, lease, every) => {
    const { boss, worker } = await workerOf([], async () => DONE, { lease, keepDead: 9000, poll: 1000 });
    worker.start();
    await pass(0);
    const patrols = () => boss.ran.filter(([name]) => name === 'reclaim');
    const failure = JSON.stringify({
      name: 'LeaseEnded',
      message: `The lease of ${lease} ms has ended without an outcome`,
    });
    expect(patrols()).toEqual([['reclaim', ['cqrs.mail', failure, 9]]]);
    expect(boss.statements).not.toContain('unblock');
    await pass(every - 1000);
    expect(patrols()).toHaveLength(1);
    await pass(1000);
    expect(patrols()).toHaveLength(2);
    await worker.stop();
  });

  it.each([
    [12, true, ['reclaim', 'unblock']],
    [12, false, ['reclaim']],
    [10, true, ['reclaim', 'fetch']],
  ] as const)('of version %d, with keys: %p, runs %j', async (major, isKeyed, expected) => {
    const { boss, worker } = await workerOf([], async () => DONE, { major, isKeyed });
    worker.start();
    await pass(0);
    await worker.stop();
    expect(boss.statements.slice(0, 2)).toEqual(expected);
    expect(boss.ran[0]![1]).toHaveLength(major === 12 ? 3 : 2);
  });

  it('takes no more than twice as many while outcomes are not stored', async () => {
    const { boss, fetched, worker } = await workerOf(['a', 'b', 'c', 'd', 'e', 'f'], async () => DONE);
    const stored = pending();
    boss.answer = statement => (statement.startsWith('complete') ? stored.promise.then(() => []) : []);
    worker.start();
    for (let i = 0; i < 10; i++) await pass(500);
    expect(fetched).toEqual([2, 2]);
    stored.finish();
    await pass(0);
    expect(fetched.slice(0, 4)).toEqual([2, 2, 2, 2]);
    await worker.stop();
  });

  it('goes on where the database is away, and says so once', async () => {
    const handled: string[] = [];
    const { boss, worker } = await workerOf(['a'], async ({ id }) => (handled.push(id), DONE));
    const { fetching } = boss;
    boss.fetching = () => Promise.reject(new Error('away'));
    worker.start();
    for (let i = 0; i < 3; i++) await pass(500);
    expect([boss.reported.length, handled]).toEqual([1, []]);
    boss.fetching = fetching;
    await pass(500);
    expect(handled).toEqual(['a']);
    await worker.stop();
  });

  it('gives back jobs that it gets after their lease has ended, or when it has been stopped', async () => {
    const handled: string[] = [];
    const handle = async ({ id }: Delivery) => (handled.push(id), DONE);
    for (const late of ['lease', 'stop']) {
      const { boss, worker } = await workerOf(['a'], handle, { lease: 1000 });
      const { fetching } = boss;
      const answer = pending();
      boss.fetching = given => answer.promise.then(() => fetching(given));
      worker.start();
      await pass(late === 'lease' ? 1000 : 10);
      const stopped = late === 'stop' ? worker.stop() : undefined;
      answer.finish();
      await pass(0);
      await (stopped ?? worker.stop());
      expect(boss.statements).toContain('release');
    }
    expect(handled).toEqual([]);
  });

  it('runs a job that it gets within its lease, until that ends', async () => {
    const signals: AbortSignal[] = [];
    const end = pending();
    const handle = async ({ signal }: Delivery) => {
      signals.push(signal);
      await end.promise;
      return DONE;
    };
    const { boss, worker } = await workerOf(['a'], handle, { lease: 1500 });
    const { fetching } = boss;
    const answer = pending();
    boss.fetching = given => answer.promise.then(() => fetching(given));
    worker.start();
    await pass(700);
    answer.finish();
    // The engine knows seconds.
    await pass(2000 - 700 - 1);
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
    await pass(1);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    end.finish();
    await worker.stop();
  });

  it('stops when what runs has settled', async () => {
    const end = pending();
    const { fetched, worker } = await workerOf(['a', 'b', 'c', 'd'], async () => (await end.promise, DONE));
    worker.start();
    await pass(0);
    let isStopped = false;
    const stopped = worker.stop().then(() => (isStopped = true));
    await pass(1000);
    expect(isStopped).toBe(false);
    end.finish();
    await pass(0);
    expect([await stopped, fetched]).toEqual([true, [2]]);
  });

  it('that is closed gives back what runs, and stores what has ended', async () => {
    const end = pending();
    const handle = async ({ id }: Delivery) => {
      if (id === 'slow') await end.promise;
      return DONE;
    };
    const { boss, worker } = await workerOf(['slow', 'quick'], handle);
    const stored = pending();
    boss.answer = statement => (statement === 'complete' ? stored.promise.then(() => [{}]) : []);
    worker.start();
    await pass(0);
    let isClosed = false;
    const closed = worker.close().then(() => (isClosed = true));
    await pass(2999);
    expect([isClosed, boss.ran.filter(([name]) => name === 'release').map(([, [, id]]) => id)]).toEqual([
      false,
      ['slow'],
    ]);
    stored.finish();
    await pass(0);
    expect(await closed).toBe(true);
    end.finish();
    await pass(0);
  });

  it('that is closed waits three seconds for outcomes that cannot be stored', async () => {
    const { boss, worker } = await workerOf(['a'], async () => failed());
    boss.answer = statement => (statement === 'bury' ? Promise.reject(new Error('away')) : []);
    worker.start();
    await pass(0);
    let isClosed = false;
    const closed = worker.close().then(() => (isClosed = true));
    await pass(2999);
    expect(isClosed).toBe(false);
    await pass(1);
    expect(await closed).toBe(true);
  });

  it('tells of a delivery that ends without an outcome, and goes on', async () => {
    const { boss, fetched, worker } = await workerOf(['a', 'b'], () => Promise.reject(new Error('odd')), {
      concurrency: 1,
    });
    worker.start();
    await pass(0);
    expect(boss.reported).toEqual(['A delivery ended without an outcome', 'A delivery ended without an outcome']);
    expect(fetched.length).toBeGreaterThanOrEqual(2);
    await worker.stop();
  });
});

describe('what moves the jobs of schedules', () => {
  function mover(move: (queues: readonly string[]) => Promise<ReadonlySet<string>>) {
    const boss = new FakeBoss();
    const woken: string[] = [];
    const queues = new Map([['cqrs.mail', 1]]);
    const schedules = { move } as ConstructorParameters<typeof ScheduleMover>[1];
    return {
      boss,
      woken,
      made: boss.started().then(engine => new ScheduleMover(engine, schedules, queues, queue => woken.push(queue))),
    };
  }

  it('looks each second, and wakes the queues that got some, until it is stopped', async () => {
    const looks: unknown[] = [];
    const { woken, made } = mover(async queues => (looks.push(queues), new Set(['cqrs.mail'])));
    const moving = await made;
    moving.start();
    moving.start();
    await pass(0);
    expect([looks, woken]).toEqual([[['cqrs.mail']], ['cqrs.mail']]);
    await moving.stop();
    await moving.stop();
    expect(looks).toHaveLength(1);
    moving.start();
    await pass(0);
    expect(looks).toHaveLength(2);
    await moving.stop();
  });

  it('that was never started stops at once', async () => {
    const { made } = mover(async () => new Set());
    expect(await (await made).stop()).toBeUndefined();
  });

  it('goes on where the database is away, and says so once', async () => {
    const { boss, made } = mover(() => Promise.reject(new Error('away')));
    const moving = await made;
    moving.start();
    await pass(0);
    expect(boss.reported).toHaveLength(1);
    await moving.stop();
  });
});
