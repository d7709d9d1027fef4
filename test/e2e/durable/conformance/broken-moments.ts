import { setTimeout as pause } from 'node:timers/promises';
import type { DurableTransport, Job } from 'nestjs-cqrs/extension';
import type { DurableConformanceAdapter } from 'nestjs-cqrs/testing';
import {
  changed,
  FAILED,
  finding,
  jobs,
  letterOf,
  numbers,
  runs,
  storeReversed,
  transports,
  type Broken,
} from './breakages.js';
import { DONE, retriesWithoutKey, waitsForRetry, type Run } from './broken-deliveries.js';
import { memoryAdapter } from './memory-adapter.js';

const AN_AGE = 600_000;

const ofTheSecond = { name: 'ConformanceError', message: 'the second' };

/** Cases that wait for the end of a job. */
const OF_ENDS = [/^the id of a job that has ended/, /^an effect and the end/, /^settleIn returns false/];

/** What happens at the wrong time, or only to some jobs: how, and the case that tells. */
export const BROKEN_MOMENTS: readonly Broken[] = [
  [
    'a job is dead when its first worker is done',
    finding(
      (id, { done }) => done.has(id),
      (queue, id) => ({ ...letterOf(queue, id), reason: ofTheSecond }),
    ),
    /^a job that outlives/,
  ],
  ['a worker that closes uses up two attempts', closingCosts, /^close aborts/],
  ['jobs of a closed worker are left for two leases', leavesForLong, /^close aborts/],
  [
    'a job is handed out after a lease',
    jobs(job => ({ ...job, delay: 6_000 })),
    /^a stored job is handled once/,
    /^a job that is dead/,
  ],
  [
    'what should have run long ago never does',
    jobs(({ at, ...job }) =>
      at && at.getTime() > Date.now() - AN_AGE ? { ...job, at } : { ...job, ...(at && { delay: AN_AGE }) },
    ),
    /^a job with a time/,
  ],
  ['a job is not told to have ended', numbers(counted => ({ ...counted, active: 1 })), ...OF_ENDS],
  ['an id is new in the moment after its end', newAfterEnd, /^the id of a job that has ended/],
  ['a job is known only with the same data', transports(knownByData), /^a second job of the same id/],
  [
    'answers come twice',
    transports(transport => ({
      store: async all => {
        const stored = await transport.store(all);
        return [...stored, ...stored];
      },
    })),
    /^the same id from two processes/,
  ],
  [
    'a worker waits for the retry, and begins with the last job',
    transports(transport => ({
      ...storeReversed(transport),
      work: (queue, run) => transport.work(queue, waitsForRetry(run)),
    })),
    /^a job that always fails/,
  ],
  ['a key that comes again is another one', transports(keysOfTheirOwn), /^jobs of one key never run/],
  [
    'a retry with others after it leaves its key',
    runs((run, transport) => {
      const withoutKey = retriesWithoutKey(run, transport);
      return delivery => (delivery.attempts > 2 ? withoutKey(delivery) : run(delivery));
    }),
    /^jobs of one key run in the order/,
  ],
  ['a job is handled before the end of its transaction', handlesOpen, /^a rollback stores nothing/],
  ['more than 16 outcomes at a time are late', runs(lateBeyond(16)), /^what has ended when/],
  ['outcomes are late once the intake has stopped', transports(lateAfterStop), /^what has ended when/],
  [
    'a lease does not end in time',
    () => ({ ...memoryAdapter(undefined, { lease: 1e9 }), lease: 1000 }),
    /^settleIn returns false/,
  ],
];

function closingCosts(): DurableConformanceAdapter {
  let hasClosed = false;
  return memoryAdapter(transport =>
    changed(transport, {
      work: (queue, run) =>
        transport.work(queue, delivery =>
          hasClosed && delivery.attempts < 3 ? Promise.resolve({ ...FAILED, isDead: true }) : run(delivery),
        ),
      close: async () => {
        hasClosed = true;
        await transport.close();
      },
    }),
  );
}

/** Workers begin late once another one has closed. */
function leavesForLong(): DurableConformanceAdapter {
  let hasClosed = false;
  const adapter = memoryAdapter(transport =>
    changed(transport, {
      work: async (queue, run) => {
        if (!hasClosed) return transport.work(queue, run);
        const { clock } = adapter.engine;
        const end = clock.now.getTime() + 2 * adapter.lease + 2_000;
        const timer = setInterval(() => {
          if (clock.now.getTime() < end) return;
          clearInterval(timer);
          void transport.work(queue, run).catch(() => undefined);
        }, 1);
        timer.unref();
      },
      close: async () => {
        hasClosed = true;
        await transport.close();
      },
    }),
  );
  return adapter;
}

/** For 200 milliseconds. */
function newAfterEnd(): DurableConformanceAdapter {
  const ends = new Map<string, number>();
  const adapter = memoryAdapter(transport => {
    const now = () => adapter.engine.clock.now.getTime();
    return changed(transport, {
      store: async all => {
        const stored = await transport.store(all);
        return stored.map(({ id, isDuplicate }) => ({
          id,
          isDuplicate: isDuplicate && now() - (ends.get(id) ?? 0) > 200,
        }));
      },
      work: (queue, run) =>
        transport.work(queue, delivery => run(delivery).finally(() => ends.set(delivery.id, now()))),
    });
  });
  return adapter;
}

function knownByData(transport: DurableTransport): Partial<DurableTransport> {
  return {
    store: async all => {
      const known = ({ id, data }: Job) => `${id}~${JSON.stringify(data.envelope)}`;
      const stored = await transport.store(all.map(job => ({ ...job, id: known(job) })));
      return stored.map((answer, i) => ({ ...answer, id: all[i]!.id }));
    },
    work: (queue, run) => transport.work(queue, delivery => run({ ...delivery, id: delivery.id.replace(/~.*$/, '') })),
  };
}

/** A key that comes after another one is not the one from before. */
function keysOfTheirOwn(transport: DurableTransport): Partial<DurableTransport> {
  let [latest, count] = ['', 0];
  return {
    store: (all, transaction) =>
      transport.store(
        all.map(job => {
          if (job.key !== latest) count += 1;
          latest = job.key!;
          return { ...job, key: `${job.key} ${count}` };
        }),
        transaction,
      ),
  };
}

/** 100 milliseconds after it was stored, unless its transaction is rolled back until then. */
function handlesOpen(): DurableConformanceAdapter {
  const undone = new Set<unknown>();
  const { engine, ...adapter } = memoryAdapter();
  const transport = async () => {
    const real = engine.another();
    const owners = new Map<string, unknown>();
    return changed(real, {
      store: async (all, transaction) => {
        if (transaction === undefined) return real.store(all);
        for (const { id } of all) owners.set(`${id}~`, transaction);
        await real.store(all.map(job => ({ ...job, id: `${job.id}~`, delay: 100 })));
        return real.store(all, transaction);
      },
      work: (queue, run) =>
        real.work(queue, async delivery => {
          const { id } = delivery;
          return undone.has(owners.get(id)) ? DONE : run({ ...delivery, id: id.replace('~', '') });
        }),
    });
  };
  const begin = async () => {
    const { transaction, commit, rollback } = engine.begin();
    return { transaction, commit, rollback: () => (undone.add(transaction), rollback()) };
  };
  return { ...adapter, transport, begin };
}

/** @param count of outcomes that are in time */
function lateBeyond(count: number): (run: Run) => Run {
  return run => {
    let ended = 0;
    return async delivery => {
      const outcome = await run(delivery);
      if (++ended > count) await pause(200);
      return outcome;
    };
  };
}

function lateAfterStop(transport: DurableTransport): Partial<DurableTransport> {
  let isStopped = false;
  return {
    work: (queue, run) =>
      transport.work(queue, async delivery => {
        const outcome = await run(delivery);
        if (isStopped) await pause(200);
        return outcome;
      }),
    stopIntake: () => {
      isStopped = true;
      return transport.stopIntake();
    },
  };
}
