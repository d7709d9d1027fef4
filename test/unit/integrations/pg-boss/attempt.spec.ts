import { jest } from '@jest/globals';
import type { Delivery, Outcome } from 'nestjs-cqrs/extension';
import { Attempt } from '../../../../lib/integrations/pg-boss/attempt.js';
import { Completions } from '../../../../lib/integrations/pg-boss/completions.js';
import { settingsOf } from '../../../../lib/integrations/pg-boss/options.js';
import type { FetchedJob } from '../../../../lib/integrations/pg-boss/stored-job.js';
import { pending, quiet, soon, until } from '../../../support/waiting.js';
import { DONE } from '../../../e2e/durable/durable-runs.js';
import { FakeBoss, fetchedJob } from './fake-boss.js';

const FAILURE = { name: 'Declined', message: 'no' };
const FAILED: Outcome = { isDone: false, error: FAILURE, isDead: false };
const DEAD: Outcome = { isDone: false, error: FAILURE, isDead: true };

const KEY = ['cqrs.mail', 'a', 0, 7];

async function attemptOf(job: Partial<FetchedJob> = {}, major: 10 | 12 = 12) {
  const boss = new FakeBoss(major);
  boss.answer = () => [{ id: 'a' }];
  const engine = await boss.started();
  const settings = settingsOf({ poll: 50, lease: 1000, ...(major === 12 && { keepDead: 3000 }) }, major);
  const completions = new Completions(engine, 'cqrs.mail');
  const attempt = new Attempt(
    { engine, settings, name: 'mail', queue: 'cqrs.mail', completions },
    fetchedJob({ data: { retry: { limit: 3, delay: 1234, backoff: false, maxDelay: 0 }, data: 'message' }, ...job }),
  );
  const handled = jest.fn();
  const run = (handle: (delivery: Delivery) => Promise<Outcome>, lease = 60_000) => attempt.run(handle, lease, handled);
  return { boss, engine, attempt, handled, run };
}

afterEach(() => void jest.useRealTimers());

describe('an attempt', () => {
  it('is handed out with what is known of it', async () => {
    const { run } = await attemptOf({ retryCount: 1, output: FAILURE });
    let seen: Delivery | undefined;
    await run(async delivery => ((seen = delivery), DONE));
    expect(seen).toMatchObject({
      id: 'a',
      queue: 'mail',
      attempt: 2,
      attempts: 4,
      data: 'message',
      lastFailure: FAILURE,
    });
    expect(seen!.signal.aborted).toBe(false);
  });

  it('that ends well makes room at once, and is completed', async () => {
    const { boss, attempt, handled, run } = await attemptOf();
    const end = pending();
    boss.answer = () => end.promise.then(() => []);
    const running = run(async () => DONE);
    await quiet();
    expect([handled.mock.calls.length, attempt.isHandled, boss.ran]).toEqual([1, true, [['complete', KEY]]]);
    end.finish();
    await running;
  });

  it.each([
    ['is tried again after its pause', FAILED, {}, 12, ['retry', [...KEY, JSON.stringify(FAILURE), 1234]]],
    ['is dead at the last one', FAILED, { retryLimit: 0 }, 12, ['bury', [...KEY, JSON.stringify(FAILURE), 3]]],
    ['is dead where another would not help', DEAD, {}, 12, ['bury', [...KEY, JSON.stringify(FAILURE), 3]]],
    ['is dead in version 10', DEAD, {}, 10, ['bury', [...KEY, JSON.stringify(FAILURE)]]],
  ] as const)('that fails %s', async (_what, outcome, job, major, statement) => {
    const { boss, handled, run } = await attemptOf(job, major);
    await run(async () => outcome);
    expect(boss.ran).toEqual([statement]);
    expect(handled).not.toHaveBeenCalled();
  });

  it('stores its outcome again and again while the database is away, and says so once', async () => {
    const { boss, run } = await attemptOf();
    boss.answer = () => (boss.ran.length < 3 ? Promise.reject(new Error('away')) : []);
    await run(async () => FAILED);
    expect(boss.statements).toEqual(['retry', 'retry', 'retry']);
    expect(boss.reported).toHaveLength(1);
  });

  it.each(['the lease has ended', 'it gives up'])('stores it no more once %s', async why => {
    const { boss, attempt, run } = await attemptOf();
    boss.answer = () => Promise.reject(new Error('away'));
    const running = run(async () => FAILED, why === 'it gives up' ? 60_000 : 20);
    await until(() => boss.ran.length > 0);
    if (why === 'it gives up') attempt.giveUp();
    await running;
    const { length } = boss.ran;
    await new Promise(resolve => setTimeout(resolve, 60));
    expect(boss.ran).toHaveLength(length);
  });

  it('is told when its lease has ended, and then stores nothing', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
    const { boss, run } = await attemptOf();
    const end = pending();
    let seen: AbortSignal | undefined;
    const running = run(async ({ signal }) => {
      seen = signal;
      await end.promise;
      return FAILED;
    }, 500);
    jest.advanceTimersByTime(499);
    expect(seen!.aborted).toBe(false);
    jest.advanceTimersByTime(1);
    expect(seen!.reason).toEqual(new Error('The lease of 1000 ms has ended'));
    end.finish();
    await running;
    expect(boss.ran).toEqual([]);
  });

  it('keeps no process that has nothing else to do', async () => {
    const { run } = await attemptOf();
    const end = pending();
    const timers = jest.spyOn(globalThis, 'setTimeout');
    const running = run(async () => (await end.promise, DONE));
    const [lease] = timers.mock.results.map(({ value }) => value as NodeJS.Timeout);
    timers.mockRestore();
    expect(lease!.hasRef()).toBe(false);
    end.finish();
    await running;
  });

  it('leaves no timer', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
    const { run } = await attemptOf();
    await run(async () => FAILED);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('fails where what handles it does, and stores nothing', async () => {
    const { boss, run } = await attemptOf();
    await expect(run(() => Promise.reject(new Error('odd')))).rejects.toThrow('odd');
    expect(boss.ran).toEqual([]);
  });
});

describe('an attempt that is given back', () => {
  it('does not count, and is given back once', async () => {
    const { boss, attempt, run } = await attemptOf();
    const end = pending();
    let seen: AbortSignal | undefined;
    const running = run(async ({ signal }) => {
      seen = signal;
      await end.promise;
      return DONE;
    });
    await attempt.release();
    await attempt.release();
    expect(seen!.reason).toEqual(new Error('The worker is closed'));
    end.finish();
    await running;
    expect(boss.ran).toEqual([['release', KEY]]);
  });
});

describe('an attempt that its handler settles in a transaction', () => {
  /** Answers as the test says, in place of the database. */
  const transactionOf = (rows: unknown[]) => {
    const texts: unknown[] = [];
    return { texts, executeSql: async (_text: string, values?: unknown[]) => (texts.push(values), { rows }) };
  };

  it('is completed there, and not once more', async () => {
    const { boss, run } = await attemptOf();
    const transaction = transactionOf([{ id: 'a' }]);
    let isSettled: boolean | undefined;
    await run(async delivery => {
      isSettled = await delivery.settleIn!(transaction);
      return DONE;
    });
    expect([isSettled, transaction.texts, boss.ran]).toEqual([true, [KEY], []]);
  });

  it('is not where another worker has it; and its failure is stored', async () => {
    const { boss, run } = await attemptOf();
    let isSettled: boolean | undefined;
    await run(async delivery => {
      isSettled = await delivery.settleIn!(transactionOf([]));
      return DONE;
    });
    expect([isSettled, boss.statements]).toEqual([false, ['complete']]);
    const failing = await attemptOf();
    await failing.run(async delivery => {
      await delivery.settleIn!(transactionOf([{ id: 'a' }]));
      return FAILED;
    });
    expect(failing.boss.statements).toEqual(['retry']);
  });

  it('is not once its lease has ended', async () => {
    const { run } = await attemptOf();
    const transaction = transactionOf([{ id: 'a' }]);
    let isSettled: boolean | undefined;
    await run(async delivery => {
      await until(() => delivery.signal.aborted);
      isSettled = await delivery.settleIn!(transaction);
      return DONE;
    }, 1);
    await soon();
    expect([isSettled, transaction.texts]).toEqual([false, []]);
  });
});
