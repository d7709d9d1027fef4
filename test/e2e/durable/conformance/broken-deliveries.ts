import { setTimeout as pause } from 'node:timers/promises';
import type { Delivery, DurableTransport, Outcome, QueueNumbers } from 'nestjs-cqrs/extension';
import type { DurableConformanceAdapter } from 'nestjs-cqrs/testing';
import {
  changed,
  deliveries,
  FAILED,
  jobs,
  numbers,
  outcomes,
  queues,
  runs,
  transports,
  type Broken,
} from './breakages.js';
import { memoryAdapter } from './memory-adapter.js';

export const DONE: Outcome = { isDone: true };

/** Handling is broken: how, and the case that tells. */
export const BROKEN_DELIVERIES: readonly Broken[] = [
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
  ['one job too many runs', queues(queue => ({ ...queue, concurrency: queue.concurrency + 1 })), /^as many jobs run/],
  ['one job runs at a time', queues(queue => ({ ...queue, concurrency: 1 })), /^as many jobs run/],
  ['intake goes on', transports(() => ({ stopIntake: async () => undefined })), /^stopIntake/],
  [
    'what runs is not waited for',
    transports(transport => ({ stopIntake: async () => void transport.stopIntake() })),
    /^stopIntake/,
  ],
  ['intake is stopped when what runs has ended', transports(stopsLate), /^stopIntake/],
  ['intake begins again', transports(beginsAgain), /^stopIntake/],
  ['what runs is aborted before the end', transports(abortsAtStop), /^stopIntake/],
  [
    'a lease does not end',
    () => ({ ...memoryAdapter(undefined, { lease: 1e9 }), lease: 1000 }),
    /^a job that outlives/,
  ],
  [
    'the signal is not aborted',
    deliveries(() => ({ signal: new AbortController().signal })),
    /^a job that outlives/,
    /^close aborts/,
  ],
  ['what runs is done when its worker closes', transports(endsAtClose), /^close aborts/],
  [
    'a handler is called again when its job has ended',
    runs(run => async delivery => {
      const outcome = await run(delivery);
      if (delivery.attempt > 1) await run(delivery);
      return outcome;
    }),
    /^a job that outlives/,
  ],
  [
    'each job is aborted that runs again',
    deliveries(({ attempt, signal }) => ({ signal: attempt > 1 ? AbortSignal.abort() : signal })),
    /^a job that outlives/,
  ],
  [
    'a job that runs again has another id',
    deliveries(({ attempt, id }) => ({ id: attempt > 1 ? 'another' : id })),
    /^a job that outlives/,
  ],
  ['a job that runs again says that it is the first', deliveries(() => ({ attempt: 1 })), /^a job that outlives/],
  ['a late outcome counts', lateOutcomeCounts, /^a job that outlives/],
  ['outcomes that are late are lost', runs(outcomesAreLate), /^what has ended when/],
  ['a delayed job holds back its key', transports(delaysKeys), /^a delayed job/],
  [
    'jobs are aborted from the beginning',
    deliveries(() => ({ signal: AbortSignal.abort() })),
    /^close aborts/,
    /^a stored job is handled once/,
  ],
  ['close leaves what runs', transports(() => ({ close: async () => undefined })), /^close aborts/],
  ['a worker that is closed goes on', transports(goesOn), /^close aborts/],
  ['less than none was handled', numbers(counted => ({ ...counted, handledLastMinute: -1 })), /^inspect tells/],
  ['the oldest job is older', numbers(olderThanAll), /^inspect tells/],
  ['there is no oldest job', numbers(counted => ({ ...counted, oldest: undefined })), /^inspect tells/],
  [
    'what waits is ready',
    numbers(counted => ({ ...counted, ready: counted.ready + counted.delayed, delayed: 0 })),
    /^inspect counts/,
  ],
  [
    'what is delayed is ready, too',
    numbers(counted => ({ ...counted, ready: counted.ready + counted.delayed })),
    /^inspect counts/,
  ],
  [
    'a retry leaves its key',
    runs(retriesWithoutKey),
    /^a job that waits for its next attempt/,
    /^jobs of one key run in the order/,
  ],
];

export type Run = (delivery: Delivery) => Promise<Outcome>;

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

export function waitsForRetry(run: Run): Run {
  return async delivery => {
    const outcome = await run(delivery);
    if (outcome.isDone) return outcome;
    return new Promise(resolve => delivery.signal.addEventListener('abort', () => resolve(outcome)));
  };
}

export function retriesWithoutKey(run: Run, transport: DurableTransport): Run {
  return async delivery => {
    const outcome = await run(delivery);
    if (outcome.isDone) return outcome;
    const { id, queue, data } = delivery;
    const retry = { limit: 0, delay: 0, backoff: false, maxDelay: 0 };
    await transport.store([{ id: `${id}~`, queue, data: data as never, retry, delay: 3_600_000 }]);
    return DONE;
  };
}

function olderThanAll(counted: QueueNumbers): QueueNumbers {
  return { ...counted, oldest: counted.oldest && new Date(counted.oldest.getTime() - 60_000) };
}

/** Its handler is called once more. */
function goesOn(transport: DurableTransport): Partial<DurableTransport> {
  let again: () => unknown = () => undefined;
  return {
    work: (queue, run) =>
      transport.work(queue, delivery => {
        again = () => run(delivery);
        return run(delivery);
      }),
    close: async () => {
      await transport.close();
      void again();
    },
  };
}

function endsAtClose(transport: DurableTransport): Partial<DurableTransport> {
  let end: (outcome: Outcome) => void;
  const ended = new Promise<Outcome>(resolve => (end = resolve));
  return {
    work: (queue, run) => transport.work(queue, delivery => Promise.race([run(delivery), ended])),
    close: async () => {
      end(DONE);
      await pause(1);
      await transport.close();
    },
  };
}

function stopsLate(transport: DurableTransport): Partial<DurableTransport> {
  const running: Promise<Outcome>[] = [];
  return {
    work: (queue, run) =>
      transport.work(queue, delivery => {
        const outcome = run(delivery);
        running.push(outcome);
        return outcome;
      }),
    async stopIntake() {
      await Promise.all(running);
      await transport.stopIntake();
    },
  };
}

function beginsAgain(transport: DurableTransport): Partial<DurableTransport> {
  const begin: (() => Promise<void>)[] = [];
  return {
    work: (queue, run) => {
      begin.push(() => transport.work(queue, run));
      return transport.work(queue, run);
    },
    async stopIntake() {
      await transport.stopIntake();
      for (const each of begin) await each();
    },
  };
}

function abortsAtStop(transport: DurableTransport): Partial<DurableTransport> {
  const controller = new AbortController();
  return {
    work: (queue, run) => transport.work(queue, delivery => run({ ...delivery, signal: controller.signal })),
    stopIntake: () => {
      controller.abort();
      return transport.stopIntake();
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
