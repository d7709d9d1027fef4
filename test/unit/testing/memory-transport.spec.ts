import { AsyncLocalStorage } from 'node:async_hooks';
import type { Delivery, DurableTransport, Job, Outcome, QueueSpec } from 'nestjs-cqrs/extension';
import { MemoryTransport } from 'nestjs-cqrs/testing';

const START = new Date('2026-03-01T00:00:00Z');
const QUEUE: QueueSpec = { name: 'mail', concurrency: 1, isKeyed: false };
const DONE: Outcome = { isDone: true };
const FAILED: Outcome = { isDone: false, error: { name: 'Error', message: 'no' }, isDead: false };

let ids = 0;

const job = (change: Partial<Job> = {}): Job => ({
  id: `job-${++ids}`,
  queue: QUEUE.name,
  data: { kind: 'command', envelope: { text: 'hello' }, enqueuedAt: 0 },
  retry: { limit: 0, delay: 0, backoff: false, maxDelay: 0 },
  ...change,
});

const begin = (options = {}) => new MemoryTransport({ start: START, grace: 5, ...options });

/** Notes when deliveries run, in seconds of virtual time. */
async function work(
  transport: MemoryTransport,
  handle: (delivery: Delivery) => Outcome | Promise<Outcome> = () => DONE,
  { spec = QUEUE, as = transport }: { spec?: QueueSpec; as?: DurableTransport } = {},
) {
  const seen: { at: number; delivery: Delivery }[] = [];
  await as.work(spec, async delivery => {
    seen.push({ at: (transport.clock.now.getTime() - START.getTime()) / 1000, delivery });
    return handle(delivery);
  });
  return seen;
}

const never = () => new Promise<Outcome>(() => undefined);

describe('MemoryTransport', () => {
  describe('virtual time', () => {
    it('stands still until it is advanced', async () => {
      const transport = begin();
      expect(transport.clock.now).toEqual(START);
      await transport.clock.advance(1500);
      expect(transport.clock.now).toEqual(new Date(START.getTime() + 1500));
    });

    it.each([-1, NaN, Infinity])('refuses to advance by %s', async milliseconds => {
      await expect(begin().clock.advance(milliseconds)).rejects.toThrow(RangeError);
    });

    it('runs what is due without advance, after store has resolved', async () => {
      const transport = begin();
      const seen = await work(transport);
      await transport.store([job()]);
      expect(seen).toHaveLength(0);
      await transport.settled();
      expect(seen).toHaveLength(1);
    });

    it('runs retries and delays of one advance at their times', async () => {
      const transport = begin();
      const seen = await work(transport, ({ attempt }) => (attempt < 4 ? FAILED : DONE));
      await transport.store([job({ delay: 500, retry: { limit: 9, delay: 1000, backoff: true, maxDelay: 3000 } })]);
      await transport.clock.advance(60_000);
      expect(seen.map(({ at }) => at)).toEqual([0.5, 1.5, 3.5, 6.5]);
    });

    it('runs advances one after another', async () => {
      const transport = begin();
      const seen = await work(transport);
      await transport.store([job({ delay: 1500 })]);
      await Promise.all([transport.clock.advance(1000), transport.clock.advance(1000)]);
      expect(seen.map(({ at }) => at)).toEqual([1.5]);
      expect(transport.clock.now.getTime() - START.getTime()).toBe(2000);
    });

    it('waits for handlers that take real time, so that their retries count from their end', async () => {
      const transport = begin({ grace: 5000 });
      const seen = await work(transport, async () => {
        await new Promise(resolve => setTimeout(resolve, 20));
        return FAILED;
      });
      await transport.store([job({ retry: { limit: 2, delay: 1000, backoff: false, maxDelay: 0 } })]);
      await transport.clock.advance(2000);
      expect(seen.map(({ at }) => at)).toEqual([0, 1, 2]);
    });

    it('moves on while a handler does not end', async () => {
      const transport = begin({ lease: 10_000 });
      const seen = await work(transport, never, { spec: { ...QUEUE, concurrency: 3 } });
      await transport.store([job({ retry: { limit: 1, delay: 0, backoff: false, maxDelay: 0 } })]);
      await transport.clock.advance(30_000);
      expect(seen.map(({ at, delivery }) => [at, delivery.attempt])).toEqual([
        [0, 1],
        [10, 2],
      ]);
      expect(seen[0]!.delivery.signal.reason).toEqual(new Error('The lease of 10000 ms has ended.'));
      const [letter] = await transport.deadLetters.list(QUEUE.name, { limit: 1 });
      expect(letter).toMatchObject({ attempts: 2, reason: { message: 'The lease of 10000 ms has ended.' } });
      expect(letter!.diedAt).toEqual(new Date(START.getTime() + 20_000));
    });
  });

  it('hands out copies: a handler cannot change what is stored', async () => {
    const transport = begin();
    const stored = job({ retry: { limit: 1, delay: 0, backoff: false, maxDelay: 0 } });
    const seen = await work(transport, ({ data }) => {
      const { envelope } = data as { envelope: { text: string } };
      envelope.text += '!';
      return FAILED;
    });
    await transport.store([stored]);
    await transport.settled();
    expect(stored.data.envelope).toEqual({ text: 'hello' });
    expect(seen.map(({ delivery }) => delivery.data)).toEqual([
      { ...stored.data, envelope: { text: 'hello!' } },
      { ...stored.data, envelope: { text: 'hello!' } },
    ]);
  });

  it('runs handlers outside of the asynchronous context of the sender', async () => {
    const transport = begin();
    const storage = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    await work(transport, () => {
      seen.push(storage.getStore());
      return DONE;
    });
    await storage.run('sender', async () => {
      await transport.store([job(), job({ delay: 10 })]);
      await transport.clock.advance(10);
    });
    expect(seen).toEqual([undefined, undefined]);
  });

  it('takes a worker that rejects for one that has failed', async () => {
    const transport = begin();
    await work(transport, () => Promise.reject(new Error('broken')));
    const stored = job();
    await transport.store([stored]);
    await transport.settled();
    const letter = await transport.deadLetters.get(QUEUE.name, stored.id);
    expect(letter?.reason).toEqual({ name: 'Error', message: 'Error: broken' });
  });

  it('shares its jobs with another process, and hands back what that runs when it closes', async () => {
    const transport = begin();
    const other = transport.another();
    const seen = await work(transport, never, { as: other });
    await transport.store([job()]);
    await transport.clock.advance(0);
    await other.close();
    expect(seen[0]!.delivery.signal.reason).toEqual(new Error('The worker is closed.'));
    await expect(other.store([job()])).rejects.toThrow('The transport is closed.');
    const again = await work(transport);
    await transport.clock.advance(0);
    expect(again.map(({ delivery }) => delivery.attempt)).toEqual([1]);
  });

  it('pages on after a dead letter that was redriven or discarded in the meantime', async () => {
    const transport = begin();
    await work(transport, () => ({ ...FAILED, isDead: true }) as Outcome);
    const jobs = [job(), job(), job()];
    await transport.store(jobs);
    await transport.settled();
    await transport.deadLetters.discard(QUEUE.name, jobs[0]!.id);
    const after = await transport.deadLetters.list(QUEUE.name, { limit: 5, after: jobs[0]!.id });
    expect(after.map(({ id }) => id)).toEqual([jobs[1]!.id, jobs[2]!.id]);
  });

  it('keeps a delayed job of a key before those that were stored after it', async () => {
    const transport = begin();
    const seen = await work(transport, () => DONE, { spec: { ...QUEUE, isKeyed: true } });
    const jobs = [job({ key: 'a', delay: 1000 }), job({ key: 'a' }), job({ key: 'b' }), job()];
    await transport.store(jobs);
    await transport.clock.advance(2000);
    expect(seen.map(({ delivery }) => jobs.findIndex(({ id }) => id === delivery.id))).toEqual([2, 3, 0, 1]);
  });

  describe('transactions', () => {
    it('refuses one that is not its own, and one that has ended', async () => {
      const transport = begin();
      await expect(transport.store([job()], {})).rejects.toThrow(TypeError);
      const { transaction, commit, rollback } = transport.begin();
      await commit();
      await expect(transport.store([job()], transaction)).rejects.toThrow('The transaction is committed.');
      await expect(rollback()).rejects.toThrow('The transaction is committed.');
    });

    it('keeps the lease of a job that is completed in an open transaction, as a lock does', async () => {
      const transport = begin({ lease: 1000 });
      const { transaction, rollback } = transport.begin();
      const settled: unknown[] = [];
      const seen = await work(
        transport,
        async ({ attempt, settleIn }) => {
          if (attempt > 1) return DONE;
          settled.push(await settleIn!(transaction), await settleIn!(transaction));
          return never();
        },
        { spec: { ...QUEUE, concurrency: 2 } },
      );
      await transport.store([job({ retry: { limit: 1, delay: 0, backoff: false, maxDelay: 0 } })]);
      await transport.clock.advance(5000);
      expect(seen).toHaveLength(1);
      expect(settled).toEqual([true, false]);
      await rollback();
      await transport.clock.advance(0);
      expect(seen.map(({ at }) => at)).toEqual([0, 5]);
      expect(seen[0]!.delivery.signal.aborted).toBe(true);
    });

    it('stores an id once that two transactions store', async () => {
      const transport = begin();
      const seen = await work(transport);
      const [one, other] = [transport.begin(), transport.begin()];
      const stored = job();
      await transport.store([stored], one.transaction);
      await transport.store([stored], other.transaction);
      await one.commit();
      await other.commit();
      await transport.settled();
      expect(seen).toHaveLength(1);
    });
  });

  describe('schedules', () => {
    const data = { kind: 'command', envelope: {}, enqueuedAt: 0 } as const;
    const daily = { name: 'daily', queue: QUEUE.name, data, retry: job().retry, isDeclared: true, timeZone: 'UTC' };

    it('run on the virtual clock, at each of their times', async () => {
      const transport = begin();
      const seen = await work(transport);
      await transport.schedules.set({ ...daily, cron: '0 3 * * *' });
      await transport.clock.advance(3 * 24 * 3_600_000);
      expect(seen.map(({ at }) => at / 3600)).toEqual([3, 27, 51]);
      await transport.schedules.set({ ...daily, cron: '0 5 * * *' });
      await transport.clock.advance(24 * 3_600_000);
      expect(seen.slice(3).map(({ at }) => at / 3600)).toEqual([77]);
      await transport.schedules.remove('daily');
      await transport.clock.advance(24 * 3_600_000);
      expect(seen).toHaveLength(4);
    });

    it('are refused if they are not valid, and the one before stays', async () => {
      const transport = begin();
      await transport.schedules.set({ ...daily, cron: '0 3 * * *' });
      await expect(transport.schedules.set({ ...daily, cron: '0 25 * * *' })).rejects.toThrow('the hour "25"');
      await expect(transport.schedules.set({ ...daily, cron: '0 0 30 2 *' })).rejects.toThrow('never comes');
      expect((await transport.schedules.list()).map(({ cron }) => cron)).toEqual(['0 3 * * *']);
    });
  });
});
