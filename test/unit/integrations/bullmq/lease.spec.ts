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

  it.each<[string, LeaseHolder['renew']]>([
    ['hangs', () => new Promise<boolean>(() => undefined)],
    ['fails', () => Promise.reject(new Error('Redis is away'))],
  ])('is lost at its end where renewing %s', async (_title, renew) => {
    const began = performance.now();
    leaseOf({ renew });
    await until(() => lost.length > 0);
    expect(performance.now() - began).toBeGreaterThanOrEqual(295);
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
