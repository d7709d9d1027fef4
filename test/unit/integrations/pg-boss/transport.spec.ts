import { jest } from '@jest/globals';
import type { Delivery } from 'nestjs-cqrs/extension';
import { pgBoss, type AnyPgBoss } from '../../../../lib/integrations/pg-boss/index.js';
import { quiet } from '../../../support/waiting.js';
import { DONE, ids, jobOf } from '../../../e2e/durable/durable-runs.js';
import { FakeBoss, fetchedJob } from './fake-boss.js';

const queue = { name: 'mail', concurrency: 1, isKeyed: false };

/** A transport on a boss that is recognised by its functions. */
function transport(major: 10 | 12 = 12) {
  const marks = major === 12 ? { findJobs: () => [] } : { maintain: () => [], archive: () => [] };
  const boss = Object.assign(new FakeBoss(major), marks);
  const made = pgBoss(boss as AnyPgBoss, { schema: 'fake' });
  return { boss, made };
}

/** Time goes on, and all that happens meanwhile. */
const pass = async (milliseconds: number): Promise<void> => {
  await quiet();
  await jest.advanceTimersByTimeAsync(milliseconds);
  await quiet();
};

beforeEach(() => void jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] }));
afterEach(() => void jest.useRealTimers());

describe('the queues of pg-boss', () => {
  it.each([
    [12, true, 'key_strict_fifo'],
    [12, false, 'standard'],
    [10, true, 'standard'],
  ] as const)('of version %d, with keys: %p, have the policy %s', async (major, isKeyed, policy) => {
    const { boss, made } = transport(major);
    await made.open([{ ...queue, isKeyed }], () => undefined);
    const said = major === 12 ? boss.log.at(-1) : boss.ran.at(-1);
    expect(JSON.stringify(said)).toContain(policy);
    boss.known = { policy };
    await made.open([{ ...queue, isKeyed }], () => undefined);
    boss.known = { policy: 'short' };
    await expect(made.open([{ ...queue, isKeyed }], () => undefined)).rejects.toMatchObject({
      code: 'CQRS_INVALID_OPTIONS',
      what: `The queue mail exists with the policy short; ${isKeyed ? 'with' : 'without'} keys it needs ${policy}.`,
    });
  });

  it('tell how they are', async () => {
    const { boss, made } = transport();
    const numbers = { ready: 1, delayed: 2, active: 3, dead: 4, handledLastMinute: 5 };
    boss.answer = () => [{ ...numbers, oldest: 5000 }];
    expect(await made.inspect('mail')).toEqual({ ...numbers, oldest: new Date(5000) });
    boss.answer = () => [{ ...numbers, oldest: null }];
    expect(await made.inspect('mail')).toEqual({ ...numbers, oldest: undefined });
    expect(boss.ran.at(-1)).toEqual(['inspect', ['cqrs.mail']]);
  });
});

describe('a transport on pg-boss', () => {
  async function working() {
    const { boss, made } = transport();
    const handled: Delivery[] = [];
    await made.open([queue], () => undefined);
    await made.work(queue, async delivery => (handled.push(delivery), DONE));
    await pass(0);
    const jobs: string[] = [];
    boss.fetching = async () => jobs.splice(0, 1).map(id => fetchedJob({ id }));
    return { boss, made, handled, jobs };
  }

  it('stores nothing where there is nothing to store', async () => {
    const { boss, made } = transport();
    expect(await made.store([])).toEqual([]);
    expect(boss.ran).toEqual([]);
  });

  it('takes at once what it stores, and after the commit what it stores in a transaction', async () => {
    const { made, handled, jobs } = await working();
    jobs.push('own');
    await made.store([jobOf({ ...queue, name: 'other' })]);
    await pass(0);
    expect(handled).toEqual([]);
    await made.store([jobOf(queue)]);
    await pass(0);
    expect(ids(handled)).toEqual(['own']);
    await pass(0);
    jobs.push('of the user');
    await made.store([jobOf(queue)], { executeSql: async () => ({ rows: [] }) });
    await pass(49);
    expect(handled).toHaveLength(1);
    await pass(1);
    expect(ids(handled)).toEqual(['own', 'of the user']);
    await made.close();
  });

  it('takes at once a dead letter that is redriven', async () => {
    const { boss, made, handled, jobs } = await working();
    boss.answer = () => [{ id: 'a', name: 'cqrs.mail' }];
    jobs.push('a');
    expect(await made.deadLetters.redrive('mail', 'a')).toBe(true);
    await pass(0);
    expect(ids(handled)).toEqual(['a']);
    await made.close();
  });

  it('takes at once what comes of a schedule', async () => {
    const { boss, made } = transport();
    const handled: Delivery[] = [];
    const fetches: boolean[] = [];
    boss.answer = name => (name === 'move' ? [{ name: 'cqrs.mail' }] : [{ id: 'a' }]);
    boss.fetching = async () => {
      fetches.push(boss.statements.includes('move'));
      return fetches.length === 2 ? [fetchedJob({ id: 'scheduled' })] : [];
    };
    await made.open([queue], () => undefined);
    await made.work(queue, async delivery => (handled.push(delivery), DONE));
    await pass(0);
    expect([fetches[1], ids(handled)]).toEqual([true, ['scheduled']]);
    await made.close();
  });

  it('takes nothing once it stops, and may be opened again once it is closed', async () => {
    const { boss, made, handled, jobs } = await working();
    await made.stopIntake();
    jobs.push('late');
    await made.store([jobOf(queue)]);
    await pass(5000);
    expect(handled).toEqual([]);
    await made.close();
    expect(boss.log.at(-1)).toEqual(['stop', { graceful: true, timeout: 5000 }]);
    expect(jest.getTimerCount()).toBe(0);
    await made.open([], () => undefined);
    expect(boss.log.at(-1)).toBe('start');
  });
});
