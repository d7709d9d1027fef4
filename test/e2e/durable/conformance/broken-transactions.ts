import type { Delivery, DurableTransport } from 'nestjs-cqrs/extension';
import { MemoryTransport, type DurableConformanceAdapter } from 'nestjs-cqrs/testing';
import {
  adapters,
  changed,
  deliveries,
  survivingAdapter,
  transports,
  type Breakage,
  type Broken,
} from './breakages.js';
import { memoryAdapter } from './memory-adapter.js';

/** Transactions, schedules or restarts are broken: how, and the case that tells. */
export const BROKEN_TRANSACTIONS: readonly Broken[] = [
  [
    'transactions are ignored',
    transports(transport => ({ store: all => transport.store(all) })),
    /^a rollback stores nothing/,
    /^a commit stores/,
  ],
  ['a rollback is a commit', ends('commit'), /^a rollback stores nothing/],
  ['ids of a rollback stay known', transports(keepsIds), /^a rollback stores nothing/],
  ['a commit is a rollback', ends('rollback'), /^a commit stores/, /^an effect and the end/],
  [
    'nothing is settled',
    deliveries(() => ({ settleIn: async () => false })),
    /^an effect and the end/,
    /^a rollback after settleIn/,
  ],
  ['a job is settled outside of the transaction', settlesOutside, /^a rollback after settleIn/],
  [
    'each attempt may settle the job',
    deliveries(({ settleIn }) => ({ settleIn: async transaction => (await settleIn!(transaction)) || true })),
    /^settleIn returns false/,
  ],
  [
    'a schedule is listed twice',
    transports(({ schedules }) => ({
      schedules: {
        list: async () => (await schedules!.list()).flatMap(schedule => [schedule, schedule]),
        set: schedule => schedules!.set(schedule),
        remove: name => schedules!.remove(name),
      },
    })),
    /^schedules are set/,
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
  [
    'schedules lose who set them',
    transports(({ schedules }) => ({
      schedules: {
        list: async () => (await schedules!.list()).map(schedule => ({ ...schedule, isDeclared: true })),
        set: schedule => schedules!.set(schedule),
        remove: name => schedules!.remove(name),
      },
    })),
    /^schedules are set/,
  ],
  [
    'what was removed is removed again',
    transports(({ schedules }) => ({
      schedules: {
        list: () => schedules!.list(),
        set: schedule => schedules!.set(schedule),
        remove: async name => (await schedules!.remove(name)) || true,
      },
    })),
    /^schedules are set/,
  ],
  ['all runs of a schedule are one job', deliveries(() => ({ id: 'one' })), /^a schedule runs/],
  ['runs of a schedule have no data', deliveries(() => ({ data: {} })), /^a schedule runs/],
  ['schedules are forgotten', forgetsAll, /^a schedule survives/],
  ['jobs are forgotten', forgetsAll, /^stored jobs survive/],
  ['store resolves while the engine is away', storesNothingWhileAway, /^a restart of the engine under load/],
];

/** Both ends of a transaction are one of them. */
function ends(end: 'commit' | 'rollback'): Breakage {
  return adapters(({ engine }) => ({
    begin: async () => {
      const begun = engine.begin();
      return { transaction: begun.transaction, commit: begun[end], rollback: begun[end] };
    },
  }));
}

function keepsIds(transport: DurableTransport): Partial<DurableTransport> {
  const ids = new Set<string>();
  return {
    store: async (all, transaction) => {
      const stored = await transport.store(all, transaction);
      const told = stored.map(({ id, isDuplicate }) => ({ id, isDuplicate: isDuplicate || ids.has(id) }));
      if (transaction !== undefined) for (const { id } of all) ids.add(id);
      return told;
    },
  };
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
