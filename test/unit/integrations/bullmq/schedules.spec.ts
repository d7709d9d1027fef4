import type { StoredSchedule } from 'nestjs-cqrs/extension';
import { Outage } from '../../../../lib/integrations/bullmq/outage.js';
import type { Queues } from '../../../../lib/integrations/bullmq/queues.js';
import { JobSchedulers } from '../../../../lib/integrations/bullmq/schedules.js';

const schedule: StoredSchedule = {
  name: 'night:ly',
  queue: 'mail',
  cron: '0 3 * * *',
  timeZone: 'Europe/Berlin',
  data: { kind: 'command', envelope: { to: 'ada' }, enqueuedAt: 1 },
  retry: { limit: 2, delay: 500, backoff: true, maxDelay: 9000 },
  isDeclared: true,
};

type Kept = { key: string; pattern?: string | undefined; tz?: string | undefined; template?: { data: unknown } };

/** Queues of BullMQ that keep schedulers in memory. */
function schedulers(names = ['mail', 'other']) {
  const kept = new Map<string, Kept[]>();
  const log: unknown[] = [];
  const of = (queue: string) => ({
    getJobSchedulers: async () => kept.get(queue) ?? [],
    upsertJobScheduler: async (key: string, { pattern, tz }: Kept, template: { data: unknown }) => {
      log.push(['upsert', queue, key, template]);
      kept.set(queue, [...(kept.get(queue) ?? []).filter(each => each.key !== key), { key, pattern, tz, template }]);
    },
    removeJobScheduler: async (key: string) => {
      log.push(['remove', queue, key]);
      const others = (kept.get(queue) ?? []).filter(each => each.key !== key);
      const isFound = others.length < (kept.get(queue) ?? []).length;
      kept.set(queue, others);
      return isFound;
    },
  });
  const queues = {
    of,
    names: async () => names,
    register: async (given: string[]) => void log.push(['register', ...given]),
  };
  return { kept, log, made: new JobSchedulers(queues as unknown as Queues, new Outage()) };
}

describe('schedules in BullMQ', () => {
  it('are stored in the queue of their messages, and read back', async () => {
    const { log, made } = schedulers();
    await made.set(schedule);
    const template = {
      name: 'mail',
      data: { data: schedule.data, retry: schedule.retry, isDeclared: true },
      opts: { attempts: 3, backoff: { type: 'cqrs', delay: 500 }, stackTraceLimit: 1 },
    };
    expect(log).toEqual([
      ['register', 'mail'],
      ['upsert', 'mail', 'night~003aly', template],
    ]);
    expect(await made.list()).toEqual([schedule]);
  });

  it('are left alone where they are there already, whenever they were declared', async () => {
    const { log, made } = schedulers();
    await made.set(schedule);
    log.length = 0;
    await made.set({ ...schedule, data: { ...schedule.data, enqueuedAt: 2 } });
    expect(log).toEqual([['register', 'mail']]);
  });

  it.each<Partial<StoredSchedule>>([
    { cron: '0 4 * * *' },
    { timeZone: 'UTC' },
    { data: { ...schedule.data, kind: 'event' } },
    { data: { ...schedule.data, envelope: {} } },
    { retry: { ...schedule.retry, limit: 3 } },
    { retry: { ...schedule.retry, delay: 501 } },
    { retry: { ...schedule.retry, backoff: false } },
    { retry: { ...schedule.retry, maxDelay: 9001 } },
    { isDeclared: false },
  ])('are replaced by one that differs: %j', async change => {
    const { made } = schedulers();
    await made.set(schedule);
    await made.set({ ...schedule, ...change });
    expect(await made.list()).toEqual([{ ...schedule, ...change }]);
  });

  it('move with their message to another queue', async () => {
    const { log, made } = schedulers();
    await made.set(schedule);
    await made.set({ ...schedule, name: 'second' });
    log.length = 0;
    await made.set({ ...schedule, queue: 'other' });
    expect(log.map(each => (each as unknown[]).slice(0, 3))).toEqual([
      ['register', 'other'],
      ['upsert', 'other', 'night~003aly'],
      ['remove', 'mail', 'night~003aly'],
    ]);
    expect((await made.list()).map(({ name, queue }) => [name, queue])).toEqual([
      ['second', 'mail'],
      ['night:ly', 'other'],
    ]);
  });

  it('are removed from the queue that has them', async () => {
    const { made } = schedulers();
    await made.set({ ...schedule, queue: 'other' });
    expect([await made.remove('night:ly'), await made.remove('night:ly')]).toEqual([true, false]);
  });

  it('of another program are passed over; one without a time zone has UTC', async () => {
    const { kept, made } = schedulers();
    const { cron: pattern, data, retry } = schedule;
    kept.set('mail', [
      { key: 'own', pattern, template: { data: { data, retry, isDeclared: true } } },
      { key: 'every', template: { data: { data, retry } } },
      { key: 'bare', pattern, template: { data: {} } },
      { key: 'odd', pattern, template: { data: null } },
      { key: 'none', pattern },
    ]);
    expect(await made.list()).toEqual([{ ...schedule, name: 'own', timeZone: 'UTC' }]);
  });
});
