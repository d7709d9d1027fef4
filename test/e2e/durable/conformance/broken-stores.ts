import { randomUUID } from 'node:crypto';
import type { DurableTransport, Job, JobData } from 'nestjs-cqrs/extension';
import { MemoryTransport, type DurableConformanceAdapter } from 'nestjs-cqrs/testing';
import { adapters, changed, jobs, queues, survivingAdapter, transports, type Breakage } from './breakages.js';
import { memoryAdapter } from './memory-adapter.js';

const without = <K extends keyof Job>(job: Job, key: K): Job => {
  const { [key]: _, ...rest } = job;
  return rest as Job;
};

const rewritten = (job: Job, change: (text: string) => string): Job => ({
  ...job,
  data: JSON.parse(change(JSON.stringify(job.data))) as JobData,
});

/** Storing is broken: how, and the case that tells. */
export const BROKEN_STORES: readonly (readonly [how: string, breakage: Breakage, told: RegExp])[] = [
  [
    'another feature is promised',
    adapters(({ features }) => ({ features: { ...features, keys: 'exclusive' } })),
    /^the transport has the features/,
  ],
  ['data is lost', jobs(job => ({ ...job, data: { ...job.data, enqueuedAt: 0 } })), /^a stored job is handled once/],
  [
    'store waits for a worker',
    transports(() => ({ store: () => new Promise(() => undefined) })),
    /^store resolves although/,
  ],
  ['delays are ignored', jobs(job => without(job, 'delay')), /^a job with a delay/],
  ['times are ignored', jobs(job => without(job, 'at')), /^a job with a time/],
  ['ids are ignored', jobs(job => ({ ...job, id: randomUUID() })), /^a second job of the same id/],
  ['each process knows its own ids', idsOfProcess, /^the same id from two processes/],
  ['ids are forgotten when a job ends', forgetsIds, /^the id of a job that has ended/],
  ['jobs are stored one by one', transports(storeOneByOne), /^store stores all jobs or none/],
  ['the end of a bulk is lost', transports(storeFirst), /^1000 jobs/],
  [
    'different names are one queue',
    queues(queue => ({ ...queue, name: queue.name.replaceAll(/\W/g, '_') })),
    /^names of queues/,
  ],
  ['ids lose their case', jobs(job => ({ ...job, id: job.id.toLowerCase() })), /^ids of jobs/],
  [
    'characters are lost',
    jobs(job => rewritten(job, text => text.replaceAll(/(?<!\\)\\u0000/g, ''))),
    /^odd text arrives/,
  ],
  [
    'long payloads are cut',
    jobs(job => rewritten(job, text => text.replace(/(?<=é{1000})é+/, ''))),
    /^a large payload/,
  ],
  ['the queue of a job is not a part of its identity', transports(storeIdOnce), /^failures in one queue/],
  ['keys are ignored', jobs(job => without(job, 'key')), /^jobs of one key never run/],
  ['all keys are one', jobs(job => ({ ...job, key: 'one' })), /^a key whose job runs/],
  ['a store turns the order', transports(storeReversed), /^jobs of one key run in the order/],
  [
    'transactions are ignored',
    transports(transport => ({ store: all => transport.store(all) })),
    /^a rollback stores nothing/,
  ],
  [
    'a commit is lost',
    adapters(({ engine }) => ({
      begin: async () => {
        const { transaction, rollback } = engine.begin();
        return { transaction, commit: rollback, rollback };
      },
    })),
    /^a commit stores/,
  ],
  ['a schedule is not replaced', transports(keepsFirstSchedule), /^schedules are set/],
  [
    'a removed schedule goes on',
    transports(({ schedules }) => ({
      schedules: {
        list: () => schedules!.list(),
        set: schedule => schedules!.set(schedule),
        remove: async () => true,
      },
    })),
    /^a schedule runs/,
  ],
  ['schedules are forgotten', forgetsAll, /^a schedule survives/],
  ['jobs are forgotten', forgetsAll, /^stored jobs survive/],
  ['store resolves while the engine is away', storesNothingWhileAway, /^a restart of the engine under load/],
  [
    'a rejection is left alone',
    adapters(({ engine }) => ({
      transport: async () => {
        // A real one would fail the test: Jest watches them too.
        process.emit('unhandledRejection', new Error('left alone'), Promise.resolve());
        return engine.another();
      },
    })),
    /^no promise was rejected/,
  ],
];

function idsOfProcess(): DurableConformanceAdapter {
  let processes = 0;
  return memoryAdapter(transport => {
    const prefix = `${++processes}~`;
    return changed(transport, {
      store: async all => {
        const stored = await transport.store(all.map(job => ({ ...job, id: prefix + job.id })));
        return stored.map((answer, i) => ({ ...answer, id: all[i]!.id }));
      },
      work: (queue, run) =>
        transport.work(queue, delivery => run({ ...delivery, id: delivery.id.replace(/^\d+~/, '') })),
    });
  });
}

function forgetsIds(): DurableConformanceAdapter {
  const ended = new Set<string>();
  return memoryAdapter(transport =>
    changed(transport, {
      store: all => transport.store(all.map(job => (ended.has(job.id) ? { ...job, id: `${job.id}~` } : job))),
      work: (queue, run) => transport.work(queue, delivery => run(delivery).finally(() => ended.add(delivery.id))),
    }),
  );
}

function storeOneByOne(transport: DurableTransport): Partial<DurableTransport> {
  return {
    store: async all => {
      const stored = [];
      for (const job of all) stored.push(...(await transport.store([job])));
      return stored;
    },
  };
}

function storeFirst(transport: DurableTransport): Partial<DurableTransport> {
  return {
    store: async all => {
      await transport.store(all.slice(0, 500));
      return all.map(({ id }) => ({ id, isDuplicate: false }));
    },
  };
}

function storeIdOnce(transport: DurableTransport): Partial<DurableTransport> {
  return {
    store: async all => {
      const ids = new Set<string>();
      await transport.store(all.filter(({ id }) => !ids.has(id) && ids.add(id)));
      return all.map(({ id }) => ({ id, isDuplicate: false }));
    },
  };
}

function storeReversed(transport: DurableTransport): Partial<DurableTransport> {
  return { store: async all => (await transport.store(all.toReversed())).toReversed() };
}

function keepsFirstSchedule({ schedules }: DurableTransport): Partial<DurableTransport> {
  return {
    schedules: {
      list: () => schedules!.list(),
      remove: name => schedules!.remove(name),
      async set(schedule) {
        const all = await schedules!.list();
        if (!all.some(({ name }) => name === schedule.name)) await schedules!.set(schedule);
      },
    },
  };
}

/** What was stored before a restart is not there after it. */
function forgetsAll(): DurableConformanceAdapter {
  const adapter = survivingAdapter();
  let { transport } = adapter;
  const restart = async () => {
    const fresh = new MemoryTransport();
    transport = async () => changed(fresh.another(), { features: adapter.features });
  };
  return { ...adapter, transport: () => transport(), restart };
}

function storesNothingWhileAway(): DurableConformanceAdapter {
  const adapter = survivingAdapter();
  let away = 0;
  const transport = async () => {
    const real = await adapter.transport();
    return changed(real, {
      store: async all => (away-- > 0 ? all.map(({ id }) => ({ id, isDuplicate: false })) : real.store(all)),
    });
  };
  return { ...adapter, transport, restart: async () => void (away = 2) };
}
