import { randomUUID } from 'node:crypto';
import type { DurableTransport, Job } from 'nestjs-cqrs/extension';
import type { DurableConformanceAdapter } from 'nestjs-cqrs/testing';
import {
  adapters,
  changed,
  copies,
  deliveries,
  jobs,
  runs,
  storeReversed,
  tellsNew,
  transports,
  type Broken,
} from './breakages.js';
import { memoryAdapter } from './memory-adapter.js';

const without = <K extends keyof Job>(job: Job, key: K): Job => {
  const { [key]: _, ...rest } = job;
  return rest as Job;
};

const later =
  (delay: number) =>
  (all: readonly Job[]): readonly Job[] =>
    all.map(job => ({ ...job, delay }));

/** Storing is broken: how, and the case that tells. */
export const BROKEN_STORES: readonly Broken[] = [
  [
    'another feature is promised',
    adapters(({ features }) => ({ features: { ...features, keys: 'exclusive' } })),
    /^the transport has the features/,
  ],
  [
    'schedules are promised, and are not there',
    transports(() => ({ schedules: undefined })),
    /^the transport has the features/,
  ],
  ['the engine has no name', transports(() => ({ engine: '' })), /^the transport has the features/],
  [
    'each job is handled twice',
    runs(run => async delivery => {
      await run(delivery);
      return run(delivery);
    }),
    /^a stored job is handled once/,
    /^store resolves although/,
    /^a job with a delay/,
    /^a second job of the same id/,
    /^the same id from two processes/,
    /^store stores all jobs or none/,
    /^1000 jobs/,
    /^names of queues/,
    /^ids of jobs/,
    /^odd text arrives/,
    /^a large payload/,
    /^get finds only/,
    /^redrive runs/,
    /^discard removes/,
    /^a failed job is tried again/,
    /^a job that succeeds/,
    /^backoff/,
    /^a delivery tells/,
    /^a job that is dead/,
    /^a job that always fails/,
    /^failures in one queue/,
    /^close aborts/,
    /^two workers share/,
    /^as many jobs run/,
    /^what has ended when/,
    /^stopIntake/,
    /^a key whose job runs/,
    /^a delayed job/,
    /^a job that waits for its next attempt/,
    /^a commit stores/,
    /^an effect and the end/,
    /^a rollback after settleIn/,
    /^settleIn returns false/,
  ],
  [
    'a job is handled again later',
    copies(later(200)),
    /^a stored job is handled once/,
    /^two workers share/,
    /^stopIntake/,
  ],
  ['a job is handled again when it is dead', copies(later(5_500)), /^a job that outlives/],
  [
    'a delivery tells another queue',
    deliveries(() => ({ queue: 'another' })),
    /^a stored job is handled once/,
    /^names of queues/,
  ],
  ['jobs are lost when their process closes', keepsInProcess, /^store resolves although/],
  ['data is lost', jobs(job => ({ ...job, data: { ...job.data, enqueuedAt: 0 } })), /^a stored job is handled once/],
  [
    'store waits for a worker',
    transports(() => ({ store: () => new Promise(() => undefined) })),
    /^store resolves although/,
  ],
  ['delays are ignored', jobs(job => without(job, 'delay')), /^a job with a delay/],
  ['delays are halved', jobs(job => ({ ...job, delay: (job.delay ?? 0) / 2 })), /^a job with a delay/],
  ['a delay is that of all jobs', jobs(job => ({ ...job, delay: 2_000 })), /^a job with a delay/],
  ['times are ignored', jobs(job => without(job, 'at')), /^a job with a time/],
  ['ids are ignored', jobs(job => ({ ...job, id: randomUUID() })), /^a second job of the same id/],
  ['one of two in a store is told to be new', transports(tellsNew(2)), /^a second job of the same id/],
  ['a duplicate is told to be new', transports(tellsNew(1)), /^a second job of the same id/],
  [
    'a duplicate is told, and stored',
    copies((all, stored) => all.filter((_, i) => stored[i]!.isDuplicate)),
    /^a second job of the same id/,
    /^the same id from two processes/,
    /^the id of a job that has ended/,
  ],
  ['each process knows its own ids', idsOfProcess, /^the same id from two processes/],
  ['ids are forgotten when a job ends', forgetsIds, /^the id of a job that has ended/],
  ['jobs are stored one by one', transports(storeOneByOne), /^store stores all jobs or none/],
  ['the end of a bulk is lost', transports(storeFirst), /^1000 jobs/],
  [
    'answers come in another order',
    transports(transport => ({ store: async all => (await transport.store(all)).toReversed() })),
    /^1000 jobs/,
  ],
  [
    'the queue of a job is not a part of its identity',
    transports(storeIdOnce),
    /^failures in one queue/,
    /^a second job/,
  ],
  ['keys are ignored', jobs(job => without(job, 'key')), /^jobs of one key never run/, /^a key whose job runs/],
  ['all keys are one', jobs(job => ({ ...job, key: 'one' })), /^a key whose job runs/],
  ['a store turns the order', transports(storeReversed), /^jobs of one key run in the order/, /^a delayed job/],
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

/** Of the queue that had it first. */
function storeIdOnce(transport: DurableTransport): Partial<DurableTransport> {
  const queues = new Map<string, string>();
  return {
    store: async all => {
      const stored = all.map(async job => {
        const { id, queue } = job;
        if ((queues.get(id) ?? queue) !== queue) return { id, isDuplicate: false };
        queues.set(id, queue);
        return (await transport.store([job]))[0]!;
      });
      return Promise.all(stored);
    },
  };
}

/** Until a queue is worked. */
function keepsInProcess(): DurableConformanceAdapter {
  const kept = new Set<() => Promise<unknown>>();
  return memoryAdapter(transport => {
    const own: Job[] = [];
    const give = () => transport.store(own.splice(0));
    kept.add(give);
    return changed(transport, {
      store: async all => {
        own.push(...all);
        return all.map(({ id }) => ({ id, isDuplicate: false }));
      },
      work: async (queue, run) => {
        for (const each of kept) await each();
        await transport.work(queue, run);
      },
      close: async () => {
        kept.delete(give);
        await transport.close();
      },
    });
  });
}
