import { setTimeout as pause } from 'node:timers/promises';
import type { DeadLetterStore, Delivery, DurableTransport, Outcome } from 'nestjs-cqrs/extension';
import type { DurableConformanceAdapter } from 'nestjs-cqrs/testing';
import {
  changed,
  deadLetters,
  deliveries,
  FAILED,
  jobs,
  letters,
  numbers,
  outcomes,
  queues,
  runs,
  transports,
  type Breakage,
} from './breakages.js';
import { memoryAdapter } from './memory-adapter.js';

const DONE: Outcome = { isDone: true };

/** Handling is broken: how, and the case that tells. */
export const BROKEN_DELIVERIES: readonly (readonly [how: string, breakage: Breakage, told: RegExp])[] = [
  [
    'there is one attempt too many',
    jobs(job => ({ ...job, retry: { ...job.retry, limit: job.retry.limit + 1 } })),
    /^a failed job is tried again/,
  ],
  [
    'the delay of retries is ignored',
    jobs(job => ({ ...job, retry: { ...job.retry, delay: 0 } })),
    /^a failed job is tried again/,
  ],
  ['success is lost', outcomes(outcome => (outcome.isDone ? FAILED : outcome)), /^a job that succeeds/],
  ['backoff is ignored', jobs(job => ({ ...job, retry: { ...job.retry, backoff: false } })), /^backoff/],
  ['the last failure is lost', deliveries(() => ({ lastFailure: undefined })), /^a delivery tells its attempt/],
  ['each attempt is the first', deliveries(() => ({ attempt: 1 })), /^a delivery tells its attempt/],
  [
    'dead jobs are tried again',
    outcomes(outcome => (outcome.isDone ? outcome : { ...outcome, isDead: false })),
    /^a job that is dead/,
  ],
  ['a worker waits for the retry', runs(waitsForRetry), /^a job that always fails/],
  ['the dead have no attempts', letters(letter => ({ ...letter, attempts: 0 })), /^a dead letter has/],
  ['letters are found in each queue', findsInEachQueue, /^get finds only/],
  [
    'there is one page',
    deadLetters(store => ({ list: (queue, { limit }) => store.list(queue, { limit }) })),
    /^list pages/,
  ],
  [
    'redrive does nothing',
    deadLetters(store => ({ redrive: async (queue, id) => (await store.get(queue, id)) !== undefined })),
    /^redrive runs/,
  ],
  ['what was redriven is never dead again', deadLetters(forgetsRedriven), /^a redriven job can die again/],
  ['discard is redrive', deadLetters(store => ({ discard: store.redrive })), /^discard removes/],
  [
    'each job is handled twice',
    runs(run => async delivery => {
      await run(delivery);
      return run(delivery);
    }),
    /^two workers share/,
  ],
  ['one job too many runs', queues(queue => ({ ...queue, concurrency: queue.concurrency + 1 })), /^as many jobs run/],
  ['one job runs at a time', queues(queue => ({ ...queue, concurrency: 1 })), /^as many jobs run/],
  ['intake goes on', transports(() => ({ stopIntake: async () => undefined })), /^stopIntake/],
  [
    'what runs is not waited for',
    transports(transport => ({ stopIntake: async () => void transport.stopIntake() })),
    /^stopIntake/,
  ],
  [
    'a lease does not end',
    () => ({ ...memoryAdapter(undefined, { lease: 1e9 }), lease: 1000 }),
    /^a job that outlives/,
  ],
  ['the signal is not aborted', deliveries(() => ({ signal: new AbortController().signal })), /^a job that outlives/],
  [
    'a handler is called again when its job has ended',
    runs(run => async delivery => {
      const outcome = await run(delivery);
      if (delivery.attempt > 1) await run(delivery);
      return outcome;
    }),
    /^a job that outlives/,
  ],
  ['a late outcome counts', lateOutcomeCounts, /^a job that outlives/],
  ['outcomes that are late are lost', runs(outcomesAreLate), /^what has ended when/],
  ['a delayed job holds back its key', transports(delaysKeys), /^a delayed job/],
  ['jobs are aborted from the beginning', deliveries(() => ({ signal: AbortSignal.abort() })), /^close aborts/],
  ['close leaves what runs', transports(() => ({ close: async () => undefined })), /^close aborts/],
  ['there is no oldest job', numbers(counted => ({ ...counted, oldest: undefined })), /^inspect tells/],
  [
    'what waits is ready',
    numbers(counted => ({ ...counted, ready: counted.ready + counted.delayed, delayed: 0 })),
    /^inspect counts/,
  ],
  ['a retry leaves its key', runs(retriesWithoutKey), /^a job that waits for its next attempt/],
  ['nothing is settled', deliveries(() => ({ settleIn: async () => false })), /^an effect and the end/],
  ['a job is settled outside of the transaction', settlesOutside, /^a rollback after settleIn/],
  [
    'each attempt may settle the job',
    deliveries(({ settleIn }) => ({ settleIn: async transaction => (await settleIn!(transaction)) || true })),
    /^settleIn returns false/,
  ],
];

type Run = (delivery: Delivery) => Promise<Outcome>;

function outcomesAreLate(run: Run): Run {
  return async delivery => {
    const outcome = await run(delivery);
    await pause(200);
    return outcome;
  };
}

/** Jobs of a key are at least as late as those before them. */
function delaysKeys(transport: DurableTransport): Partial<DurableTransport> {
  const delays = new Map<string, number>();
  return {
    store: (all, transaction) =>
      transport.store(
        all.map(job => {
          if (job.key === undefined) return job;
          const delay = Math.max(job.delay ?? 0, delays.get(job.key) ?? 0);
          delays.set(job.key, delay);
          return { ...job, delay };
        }),
        transaction,
      ),
  };
}

function waitsForRetry(run: Run): Run {
  return async delivery => {
    const outcome = await run(delivery);
    if (outcome.isDone) return outcome;
    return new Promise(resolve => delivery.signal.addEventListener('abort', () => resolve(outcome)));
  };
}

function retriesWithoutKey(run: Run, transport: DurableTransport): Run {
  return async delivery => {
    const outcome = await run(delivery);
    if (outcome.isDone) return outcome;
    const { id, queue, data } = delivery;
    const retry = { limit: 0, delay: 0, backoff: false, maxDelay: 0 };
    await transport.store([{ id: `${id}~`, queue, data: data as never, retry, delay: 3_600_000 }]);
    return DONE;
  };
}

function findsInEachQueue(): DurableConformanceAdapter {
  const names: string[] = [];
  return memoryAdapter(transport =>
    changed(transport, {
      open: async all => void names.push(...all.map(({ name }) => name)),
      deadLetters: {
        ...transport.deadLetters,
        async get(_queue, id) {
          const found = await Promise.all(names.map(name => transport.deadLetters.get(name, id)));
          return found.find(letter => letter !== undefined);
        },
      },
    }),
  );
}

function forgetsRedriven(store: DeadLetterStore): Partial<DeadLetterStore> {
  const redriven = new Set<string>();
  return {
    get: (queue, id) => (redriven.has(id) ? Promise.resolve(undefined) : store.get(queue, id)),
    redrive: (queue, id) => {
      redriven.add(id);
      return store.redrive(queue, id);
    },
  };
}

/** Whichever attempt ends first decides for all. */
function lateOutcomeCounts(): DurableConformanceAdapter {
  const first = new Map<string, Outcome>();
  return memoryAdapter(transport =>
    changed(transport, {
      work: (queue, run) =>
        transport.work(queue, async delivery => {
          const outcome = await run(delivery);
          if (!first.has(delivery.id)) first.set(delivery.id, outcome);
          return first.get(delivery.id)!;
        }),
    }),
  );
}

function settlesOutside(): DurableConformanceAdapter {
  const { engine, ...adapter } = memoryAdapter();
  const settle = async ({ settleIn }: Delivery) => {
    const { transaction, commit } = engine.begin();
    const isSettled = await settleIn!(transaction);
    await commit();
    return isSettled;
  };
  const transport = async () => {
    const real = engine.another();
    return changed(real, {
      work: (queue, run) => real.work(queue, delivery => run({ ...delivery, settleIn: () => settle(delivery) })),
    });
  };
  return { ...adapter, transport };
}
