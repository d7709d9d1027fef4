import type {
  DeadLetter,
  DeadLetterStore,
  Delivery,
  DurableTransport,
  Job,
  Outcome,
  QueueNumbers,
  QueueSpec,
} from 'nestjs-cqrs/extension';
import type { DurableConformanceAdapter, MemoryTransport } from 'nestjs-cqrs/testing';
import { memoryAdapter } from './memory-adapter.js';

/** Makes a broken adapter. */
export type Breakage = () => DurableConformanceAdapter;

type Change = (transport: DurableTransport) => Partial<DurableTransport>;

export const FAILED: Outcome = { isDone: false, error: { name: 'Error', message: 'broken' }, isDead: false };

export const changed = (transport: DurableTransport, change: Partial<DurableTransport>): DurableTransport =>
  Object.assign(Object.create(transport) as DurableTransport, change);

/** Replaces members of each transport. */
export const transports =
  (change: Change): Breakage =>
  () =>
    memoryAdapter(transport => changed(transport, change(transport)));

/** Replaces members of the adapter. */
export const adapters =
  (change: (adapter: DurableConformanceAdapter & { engine: MemoryTransport }) => object): Breakage =>
  () => {
    const adapter = memoryAdapter();
    return { ...adapter, ...change(adapter) };
  };

/** Changes jobs when they are stored; the answers tell their true ids. */
export const jobs = (change: (job: Job) => Job): Breakage =>
  transports(transport => ({
    store: async (all, transaction) => {
      const stored = await transport.store(all.map(change), transaction);
      return stored.map((answer, i) => ({ ...answer, id: all[i]!.id }));
    },
  }));

type Run = (delivery: Delivery) => Promise<Outcome>;

/** Changes how handlers are called. */
export const runs = (change: (run: Run, transport: DurableTransport) => Run): Breakage =>
  transports(transport => ({ work: (queue, run) => transport.work(queue, change(run, transport)) }));

export const deliveries = (change: (delivery: Delivery) => Partial<Delivery>): Breakage =>
  runs(run => delivery => run({ ...delivery, ...change(delivery) }));

export const outcomes = (change: (outcome: Outcome) => Outcome): Breakage =>
  runs(run => async delivery => change(await run(delivery)));

export const queues = (change: (queue: QueueSpec) => QueueSpec): Breakage =>
  transports(transport => ({
    open: (all, report) => transport.open(all.map(change), report),
    work: (queue, run) => transport.work(change(queue), run),
    store: (all, transaction) =>
      transport.store(
        all.map(job => ({ ...job, queue: change({ name: job.queue, concurrency: 1, isKeyed: false }).name })),
        transaction,
      ),
  }));

export const deadLetters = (change: (store: DeadLetterStore) => Partial<DeadLetterStore>): Breakage =>
  transports(({ deadLetters: store }) => ({ deadLetters: { ...store, ...change(store) } }));

export const letters = (change: (letter: DeadLetter) => DeadLetter): Breakage =>
  deadLetters(store => ({
    get: async (queue, id) => {
      const letter = await store.get(queue, id);
      return letter && change(letter);
    },
  }));

export const numbers = (change: (numbers: QueueNumbers) => QueueNumbers): Breakage =>
  transports(transport => ({ inspect: async queue => change(await transport.inspect(queue)) }));

/** An engine whose storage is said to survive. */
export function survivingAdapter(): DurableConformanceAdapter {
  const { engine, ...adapter } = memoryAdapter();
  const features = { ...adapter.features, survivesRestart: true };
  const transport = async () => changed(engine.another(), { features });
  return { ...adapter, features, transport, restart: async () => undefined };
}
