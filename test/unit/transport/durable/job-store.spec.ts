import { CqrsException } from '../../../../lib/errors/cqrs.exception.js';
import type { DurableTransport, Job, QueueSpec } from '../../../../lib/transport/durable/durable-transport.js';
import { JobStore } from '../../../../lib/transport/durable/job-store.js';
import { MemoryTransport } from '../../../../lib/testing/index.js';

const job = (id: string): Job => ({
  id,
  queue: 'q',
  data: { kind: 'command', envelope: {}, enqueuedAt: 0 },
  retry: { limit: 0, delay: 0, backoff: false, maxDelay: 0 },
});

const spec = (name: string): QueueSpec => ({ name, concurrency: 1, isKeyed: false });

function storeOf(queues: QueueSpec[], changed: Partial<DurableTransport> = {}) {
  const opened: string[][] = [];
  const transport = Object.assign(new MemoryTransport(), {
    open: async (given: readonly QueueSpec[]) => {
      opened.push(given.map(({ name }) => name));
    },
    ...changed,
  }) as unknown as DurableTransport;
  const store = new JobStore(
    transport,
    () => queues,
    () => undefined,
  );
  return { store, opened, transport };
}

describe('JobStore', () => {
  it('opens queues before the first use, once, also for calls at the same time', async () => {
    const { store, opened } = storeOf([spec('a'), spec('b')]);
    await Promise.all([store.ready(), store.store([job('1')]), store.ready()]);
    await store.ready();
    expect(opened).toEqual([['a', 'b']]);
  });

  it('opens queues that were added later', async () => {
    const queues = [spec('a')];
    const { store, opened } = storeOf(queues);
    await store.ready();
    queues.push(spec('b'));
    await store.ready();
    expect(opened).toEqual([['a'], ['b']]);
  });

  it('opens the engine where there is no queue, once', async () => {
    const { store, opened } = storeOf([]);
    await store.ready();
    await store.ready();
    expect(opened).toEqual([[]]);
  });

  it('is not ready where the engine cannot be opened, also without a queue', async () => {
    const { store } = storeOf([], { open: async () => Promise.reject(new Error('away')) });
    await expect(store.ready()).rejects.toMatchObject({ code: 'CQRS_ENGINE_UNAVAILABLE' });
  });

  it('opens again what could not be opened, and nothing else', async () => {
    const queues = [spec('a')];
    const { store, opened, transport } = storeOf(queues);
    await store.ready();
    queues.push(spec('b'), spec('c'));
    const { open } = transport;
    transport.open = () => Promise.reject(new Error('ECONNREFUSED'));
    await expect(store.ready()).rejects.toMatchObject({ code: 'CQRS_ENGINE_UNAVAILABLE' });
    transport.open = open;
    await store.ready();
    expect(opened).toEqual([['a'], ['b', 'c']]);
  });

  it('has a transport for itself until it is closed, and closes it once', async () => {
    let closed = 0;
    const close = async () => {
      closed += 1;
      if (closed === 1) throw new Error('lost');
    };
    const { store, transport } = storeOf([spec('a')], { close });
    const other = () =>
      new JobStore(
        transport,
        () => [],
        () => undefined,
      );
    await store.ready();
    const refused = other();
    await expect(refused.ready()).rejects.toMatchObject({
      code: 'CQRS_INVALID_OPTIONS',
      what: expect.stringContaining('uses the same transport (memory)'),
      where: 'durable.transport of CqrsModule.forRoot()',
    });
    await refused.close();
    await other().close();
    expect(closed).toBe(0);
    await expect(store.close()).rejects.toThrow('lost');
    await store.close();
    expect(closed).toBe(1);
    await expect(store.ready()).rejects.toMatchObject({
      code: 'CQRS_ENGINE_UNAVAILABLE',
      what: 'The application is closed, and with it the engine of its durable messages, memory.',
    });
    const next = other();
    await next.ready();
    await next.close();
    expect(closed).toBe(2);
  });

  it('tells that the engine cannot be opened, and tries again with the next call', async () => {
    let isAway = true;
    const { store } = storeOf([spec('a')], {
      open: async () => {
        if (isAway) throw new Error('ECONNREFUSED');
      },
    });
    await expect(store.store([job('1')])).rejects.toMatchObject({
      code: 'CQRS_ENGINE_UNAVAILABLE',
      what: 'The engine of durable messages, memory, cannot be opened: ECONNREFUSED.',
      where: 'durable.transport of CqrsModule.forRoot()',
      remedy: 'Start it, and look at its address, user and password.',
      cause: new Error('ECONNREFUSED'),
    });
    isAway = false;
    await expect(store.store([job('1')])).resolves.toHaveLength(1);
  });

  it('gives receipts, with duplicates', async () => {
    const { store } = storeOf([]);
    expect(await store.store([job('1'), job('1'), job('2')])).toEqual([
      { id: '1', queue: 'q', transport: 'memory', isDuplicate: false },
      { id: '1', queue: 'q', transport: 'memory', isDuplicate: true },
      { id: '2', queue: 'q', transport: 'memory', isDuplicate: false },
    ]);
  });

  it.each([
    [[job('1')], 'A message for "q" could not be stored in memory: full.'],
    [[job('1'), job('2')], '2 messages for "q" could not be stored in memory: full.'],
  ])('tells that %# could not be stored', async (jobs, what) => {
    const { store } = storeOf([], { store: () => Promise.reject(new Error('full')) });
    await expect(store.store(jobs)).rejects.toMatchObject({
      code: 'CQRS_NOT_STORED',
      what,
      remedy: 'Try again with the same messageId: where the first try was stored after all, the second is a duplicate.',
      cause: new Error('full'),
    });
  });

  it('passes on what an adapter says', async () => {
    const said = new CqrsException({ code: 'CQRS_OF_ADAPTER', what: 'What.', remedy: 'Remedy.' });
    const { store } = storeOf([], { store: () => Promise.reject(said) });
    await expect(store.store([job('1')])).rejects.toBe(said);
    const { store: unopened } = storeOf([spec('a')], { open: () => Promise.reject(said) });
    await expect(unopened.ready()).rejects.toBe(said);
  });

  it('refuses a transaction of an engine that has none, and gives it to one that has', async () => {
    const transactions: unknown[] = [];
    const changed = {
      store: async (_jobs: readonly Job[], transaction: unknown) => {
        transactions.push(transaction);
        return [{ id: '1', isDuplicate: false }];
      },
    };
    const able = storeOf([], changed);
    await able.store.store([job('1')], 'transaction');
    const unable = storeOf([], { ...changed, features: { ...able.transport.features, transaction: false } });
    await expect(unable.store.store([job('1')], 'transaction')).rejects.toMatchObject({
      code: 'CQRS_NO_TRANSACTION',
      what: 'memory cannot store a message within a transaction.',
      where: 'enqueue()',
      remedy:
        'Store it after the commit: publish an event, and call enqueue() in a handler of it, outside of the transaction. Or use pg-boss on the database of the transaction.',
    });
    await unable.store.store([job('1')]);
    expect(transactions).toEqual(['transaction', undefined]);
  });
});
