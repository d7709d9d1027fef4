import { jest } from '@jest/globals';
import { FirstRenewals } from '../../../../lib/integrations/bullmq/first-renewals.js';
import { Lease, type LeaseHolder } from '../../../../lib/integrations/bullmq/lease.js';
import { until } from '../../../support/waiting.js';

const pause = (milliseconds: number) => new Promise(resolve => setTimeout(resolve, milliseconds));

describe('a lease', () => {
  const lost: Error[] = [];
  const leases: Lease[] = [];
  const first = new FirstRenewals();
  const leaseOf = (change: Partial<LeaseHolder & { duration: number; since: number }> = {}): Lease => {
    const { duration = 300, since = Date.now(), renew = async () => true } = change;
    const lease = new Lease({ onLost: reason => void lost.push(reason), renew }, duration, since, first);
    leases.push(lease);
    return lease;
  };

  beforeEach(() => (lost.length = 0));
  afterEach(() => leases.splice(0).forEach(lease => lease.end()));

  it('is renewed as long as the handler runs', async () => {
    let renewals = 0;
    const lease = leaseOf({ renew: async () => ++renewals > 0 });
    await until(() => renewals > 5);
    expect([lease.signal.aborted, lease.isLost, lost]).toEqual([false, false, []]);
    lease.end();
    const then = renewals;
    await pause(250);
    expect(renewals).toBe(then);
  });

  it('is lost where the lock is gone', async () => {
    const lease = leaseOf({ renew: async () => false });
    await until(() => lost.length > 0);
    expect([lease.isLost, lease.signal.reason]).toEqual([true, lost[0]]);
    expect(lost[0]!.message).toContain('the lock is gone');
  });

  it('outlives one renewal that fails', async () => {
    let renewals = 0;
    leaseOf({ renew: async () => (++renewals === 1 ? Promise.reject(new Error('late')) : true) });
    await until(() => renewals > 5);
    expect(lost).toEqual([]);
  });

  it('is lost, and not renewed, where the event loop was blocked', async () => {
    let renewals = 0;
    const lease = leaseOf({ renew: async () => ++renewals > 0 });
    for (const end = Date.now() + 400; Date.now() < end;);
    await until(() => lease.isLost);
    expect(renewals).toBe(0);
  });

  it('counts from when the job was taken', async () => {
    const lease = leaseOf({ since: 0 });
    await pause(20);
    expect(lease.isLost).toBe(true);
  });

  it('that is taken back tells the handler, and is not lost', async () => {
    const lease = leaseOf();
    lease.abort(new Error('closed'));
    await pause(400);
    expect([lease.signal.aborted, lease.isLost, lost]).toEqual([true, false, []]);
  });

  it('is renewed first in the order in which it is due', async () => {
    const renewed: string[] = [];
    const named = (name: string) => ({ renew: async () => renewed.push(name) > 0 });
    leaseOf({ ...named('long'), duration: 450 });
    leaseOf({ ...named('short'), duration: 150 });
    leaseOf({ ...named('ended'), duration: 150 }).end();
    leaseOf({ ...named('middle'), duration: 300 });
    await until(() => renewed.includes('long'));
    expect([...new Set(renewed)]).toEqual(['short', 'middle', 'long']);
    expect(lost).toEqual([]);
  });
});

describe('the times of a lease of 300 ms', () => {
  let first: FirstRenewals;
  let began: number;
  const lost: number[] = [];
  const elapsed = () => performance.now() - began;
  const leaseOf = (renew: LeaseHolder['renew'], since = Date.now()): Lease =>
    new Lease({ onLost: () => void lost.push(elapsed()), renew }, 300, since, first);

  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] });
    first = new FirstRenewals();
    began = performance.now();
    lost.length = 0;
  });
  afterEach(() => void jest.useRealTimers());

  it('are those of its renewals, three within it, until it ends; nothing is left then', async () => {
    const asked: number[] = [];
    const lease = leaseOf(async () => asked.push(elapsed()) > 0);
    await jest.advanceTimersByTimeAsync(650);
    expect(asked).toEqual([100, 200, 300, 400, 500, 600]);
    lease.end();
    expect(jest.getTimerCount()).toBe(0);
    await jest.advanceTimersByTimeAsync(1000);
    expect([asked.length, lost, lease.isLost]).toEqual([6, [], false]);
  });

  it('go on from when a renewal was asked for, not from its answer', async () => {
    let count = 0;
    leaseOf(async () => {
      count += 1;
      if (count > 1) return new Promise<boolean>(() => undefined);
      await new Promise(resolve => setTimeout(resolve, 50));
      return true;
    });
    await jest.advanceTimersByTimeAsync(399);
    expect(lost).toEqual([]);
    await jest.advanceTimersByTimeAsync(1);
    expect(lost).toEqual([400]);
  });

  it.each<[string, LeaseHolder['renew']]>([
    ['hangs', () => new Promise<boolean>(() => undefined)],
    ['fails', () => Promise.reject(new Error('Redis is away'))],
  ])('end the lease where renewing %s', async (_title, renew) => {
    leaseOf(renew);
    await jest.advanceTimersByTimeAsync(299);
    expect(lost).toEqual([]);
    await jest.advanceTimersByTimeAsync(1);
    expect(lost).toEqual([300]);
  });

  it.each([
    ['250 ms ago', 250, 50],
    ['100 ms ago', 100, 200],
    ['before it would have ended', 9999, 0],
    ['on a clock that goes ahead', -9999, 300],
  ])('begin when the job was taken: %s', async (_when, ago, end) => {
    leaseOf(() => Promise.reject(new Error('Redis is away')), Date.now() - ago);
    await jest.advanceTimersByTimeAsync(Math.max(end - 1, 0));
    expect(lost).toEqual(end === 0 ? [0] : []);
    await jest.advanceTimersByTimeAsync(1);
    expect(lost).toEqual([end]);
  });

  it('end with the handler, also where a renewal is answered later', async () => {
    let answer: (isKept: boolean) => void = () => undefined;
    const lease = leaseOf(() => new Promise<boolean>(resolve => (answer = resolve)));
    await jest.advanceTimersByTimeAsync(100);
    lease.end();
    answer(false);
    await jest.advanceTimersByTimeAsync(1000);
    expect([lost, lease.isLost, lease.signal.aborted, jest.getTimerCount()]).toEqual([[], false, false, 0]);
  });
});

describe('first renewals', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it('share one timer, come at their time, and leave none', () => {
    const first = new FirstRenewals();
    const began = performance.now();
    const renewed: [number, number][] = [];
    const lease = (after: number) => ({
      renewal: began + after,
      renewNow: () => void renewed.push([after, performance.now() - began]),
    });
    const ended = lease(40);
    for (const each of [lease(90), lease(30), ended, lease(60), lease(60)]) first.add(each);
    expect(jest.getTimerCount()).toBe(1);
    first.delete(ended);
    jest.advanceTimersByTime(1000);
    expect(renewed).toEqual([
      [30, 30],
      [60, 60],
      [60, 60],
      [90, 90],
    ]);
    expect(jest.getTimerCount()).toBe(0);
    first.add(lease(1010));
    jest.advanceTimersByTime(10);
    expect(renewed.at(-1)).toEqual([1010, 1010]);
    expect(jest.getTimerCount()).toBe(0);
  });
});
