import { AsyncLocalStorage } from 'node:async_hooks';
import type { Outcome } from 'nestjs-cqrs/extension';
import { pending, quiet } from '../../support/waiting.js';
import { begin, DONE, FAILED, job, never, QUEUE, START, work } from './memory-jobs.js';

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

  it('runs what is due at one time in the order in which it was stored, also after a failure', async () => {
    const transport = begin();
    const [first, second] = [
      job({ retry: { limit: 1, delay: 1000, backoff: false, maxDelay: 1000 } }),
      job({ delay: 1000 }),
    ];
    const seen = await work(transport, ({ id, attempt }) => (id === first.id && attempt === 1 ? FAILED : DONE));
    await transport.store([first, second]);
    await transport.clock.advance(1000);
    expect(seen.map(({ delivery }) => delivery.id)).toEqual([first.id, first.id, second.id]);
  });

  it('refuses data that are not JSON, and times that are not valid, and stores nothing', async () => {
    const transport = begin();
    const data = { kind: 'command', envelope: 1n, enqueuedAt: 0 } as const;
    await expect(transport.store([job(), job({ data })])).rejects.toThrow(TypeError);
    await expect(transport.store([job(), job({ at: new Date(NaN) })])).rejects.toThrow(RangeError);
    await expect(transport.inspect(QUEUE.name)).resolves.toMatchObject({ ready: 0, delayed: 0 });
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
    const first = await transport.deadLetters.list(QUEUE.name, { limit: 1, after: 'never stored' });
    expect(first.map(({ id }) => id)).toEqual([jobs[1]!.id]);
  });

  it('is settled when a handler that takes real time has ended, and what that has stored', async () => {
    const transport = begin();
    const turn = pending();
    const seen = await work(transport, async ({ id }) => {
      if (id !== 'first') return DONE;
      await turn.promise;
      await transport.store([job()]);
      return DONE;
    });
    await transport.store([job({ id: 'first' })]);
    let isSettled = false;
    const settled = transport.settled().then(() => (isSettled = true));
    await quiet();
    expect([seen.length, isSettled]).toEqual([1, false]);
    turn.finish();
    await settled;
    expect([seen.length, (await transport.inspect(QUEUE.name)).handledLastMinute]).toEqual([2, 2]);
  });

  it('stores and works nothing between close() and the next open()', async () => {
    const transport = begin();
    await transport.close();
    await expect(transport.store([job()])).rejects.toThrow('The transport is closed.');
    await expect(work(transport)).rejects.toThrow('The transport is closed.');
    await transport.open([QUEUE]);
    const seen = await work(transport);
    await transport.store([job()]);
    await transport.settled();
    expect(seen).toHaveLength(1);
  });

  it('lets no delayed job hold up those of its key that were stored after it', async () => {
    const transport = begin();
    const seen = await work(transport, () => DONE, { spec: { ...QUEUE, isKeyed: true } });
    const jobs = [job({ key: 'a', delay: 1000 }), job({ key: 'a' }), job({ key: 'b' }), job()];
    await transport.store(jobs);
    await transport.clock.advance(2000);
    expect(seen.map(({ delivery }) => jobs.findIndex(({ id }) => id === delivery.id))).toEqual([1, 2, 3, 0]);
  });

  it('counts what was handled in the last minute, and tells since when the oldest job is ready', async () => {
    const transport = begin();
    await work(transport);
    await transport.store([job(), job()]);
    await transport.settled();
    const handled = async () => (await transport.inspect(QUEUE.name)).handledLastMinute;
    await transport.clock.advance(59_999);
    expect(await handled()).toBe(2);
    await transport.clock.advance(1);
    expect(await handled()).toBe(0);
    await transport.store([job({ queue: 'letters' })]);
    await transport.clock.advance(1_000);
    await transport.store([job({ queue: 'letters' }), job({ queue: 'letters', delay: 1 })]);
    expect(await transport.inspect('letters')).toEqual({
      ready: 2,
      delayed: 1,
      active: 0,
      dead: 0,
      oldest: new Date(START.getTime() + 60_000),
      handledLastMinute: 0,
    });
  });

  it('gives a job to the worker that has the fewest', async () => {
    const transport = begin();
    const spec = { ...QUEUE, concurrency: 3 };
    const workers = [await work(transport, never, { spec }), await work(transport, never, { spec })];
    await transport.store([job(), job(), job(), job()]);
    await transport.clock.advance(0);
    expect(workers.map(({ length }) => length)).toEqual([2, 2]);
  });

  it('begins anew with a job that is redriven, behind those of its key', async () => {
    const transport = begin();
    const order: unknown[] = [];
    const turn = pending();
    const outcomes = [{ ...FAILED, isDead: true } as Outcome];
    await work(
      transport,
      async ({ id, attempt, lastFailure }) => {
        order.push([id, attempt, lastFailure]);
        if (id === 'slow') await turn.promise;
        return outcomes.shift() ?? DONE;
      },
      { spec: { ...QUEUE, concurrency: 2, isKeyed: true } },
    );
    await transport.store([job({ id: 'dead', key: 'a' })]);
    await transport.settled();
    await transport.store([job({ id: 'slow', key: 'a' })]);
    await transport.clock.advance(1_000);
    expect(await transport.deadLetters.redrive(QUEUE.name, 'dead')).toBe(true);
    await transport.clock.advance(0);
    expect(order).toEqual([
      ['dead', 1, undefined],
      ['slow', 1, undefined],
    ]);
    turn.finish();
    await transport.settled();
    expect(order.slice(2)).toEqual([['dead', 1, undefined]]);
  });
});
