import { begin, DONE, job, never, QUEUE, work } from './memory-jobs.js';

describe('MemoryTransport, transactions and schedules', () => {
  describe('transactions', () => {
    it('refuses one that is not its own, and one that has ended', async () => {
      const transport = begin();
      await expect(transport.store([job()], {})).rejects.toMatchObject({ code: 'CQRS_NO_TRANSACTION' });
      const { transaction, commit, rollback } = transport.begin();
      await commit();
      await expect(transport.store([job()], transaction)).rejects.toThrow(/^The transaction is committed$/);
      await expect(rollback()).rejects.toThrow(/^The transaction is committed$/);
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

  it('tells of an id that one transaction stores twice, and stores the first', async () => {
    const transport = begin();
    const seen = await work(transport);
    const { transaction, commit } = transport.begin();
    const [first, other] = [job({ id: 'same' }), job({ id: 'same', queue: 'letters' })];
    expect(await transport.store([first, { ...first, delay: 1000 }, other], transaction)).toEqual([
      { id: 'same', isDuplicate: false },
      { id: 'same', isDuplicate: true },
      { id: 'same', isDuplicate: false },
    ]);
    await commit();
    await transport.clock.advance(5000);
    expect(seen.map(({ at }) => at)).toEqual([0]);
    expect((await transport.inspect('letters')).ready).toBe(1);
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
