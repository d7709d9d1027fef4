import { randomUUID } from 'node:crypto';
import type {
  DeadLetter,
  DeadLetterStore,
  Delivery,
  DurableTransport,
  Job,
  Outcome,
  QueueNumbers,
  QueueSpec,
  StoredJob,
} from 'nestjs-cqrs/extension';
import type { DurableConformanceAdapter, MemoryTransport } from 'nestjs-cqrs/testing';
import { memoryAdapter } from './memory-adapter.js';

/** Makes a broken adapter. */
export type Breakage = () => DurableConformanceAdapter;

/** How an adapter is broken, and the cases that tell: each has such a name. */
export type Broken = readonly [how: string, breakage: Breakage, ...told: RegExp[]];

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

/** Stores copies, which are handled as the job itself. */
export const copies = (of: (all: readonly Job[], stored: readonly StoredJob[]) => readonly Job[]): Breakage =>
  transports(transport => ({
    store: async (all, transaction) => {
      const stored = await transport.store(all, transaction);
      const copied = of(all, stored).map(job => ({ ...job, id: `${job.id}~${randomUUID()}` }));
      await transport.store(copied, transaction);
      return stored;
    },
    work: (queue, run) => transport.work(queue, delivery => run({ ...delivery, id: delivery.id.replace(/~.*$/, '') })),
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
    work: (queue, run) => transport.work(change(queue), delivery => run({ ...delivery, queue: queue.name })),
    store: (all, transaction) =>
      transport.store(
        all.map(job => ({ ...job, queue: change({ name: job.queue, concurrency: 1, isKeyed: false }).name })),
        transaction,
      ),
  }));

export const deadLetters = (change: (store: DeadLetterStore) => Partial<DeadLetterStore>): Breakage =>
  transports(({ deadLetters: store }) => ({ deadLetters: { ...store, ...change(store) } }));

/** Changes pages of dead letters. */
export const lists = (change: (letters: readonly DeadLetter[]) => readonly DeadLetter[]): Breakage =>
  deadLetters(store => ({ list: async (queue, page) => change(await store.list(queue, page)) }));

export const letters = (change: (letter: DeadLetter) => DeadLetter): Breakage =>
  deadLetters(store => ({
    get: async (queue, id) => {
      const letter = await store.get(queue, id);
      return letter && change(letter);
    },
  }));

/** A dead letter that nothing has become. */
export const letterOf = (queue: string, id: string): DeadLetter => ({
  id,
  queue,
  attempts: 1,
  reason: undefined,
  diedAt: new Date(),
  data: {},
});

/** Finds dead letters that are none. */
export const finding = (
  isFound: (id: string, known: { readonly stored: ReadonlySet<string>; readonly done: ReadonlySet<string> }) => boolean,
  toldOf: (queue: string, id: string) => DeadLetter = letterOf,
): Breakage =>
  transports(transport => {
    const [stored, done] = [new Set<string>(), new Set<string>()];
    const isTold = (id: string) => isFound(id, { stored, done });
    const { deadLetters: store } = transport;
    return {
      store: (all, transaction) => {
        for (const { id } of all) stored.add(id);
        return transport.store(all, transaction);
      },
      work: (queue, run) =>
        transport.work(queue, async delivery => {
          const outcome = await run(delivery);
          if (outcome.isDone) done.add(delivery.id);
          return outcome;
        }),
      deadLetters: {
        ...store,
        get: async (queue, id) => (await store.get(queue, id)) ?? (isTold(id) ? toldOf(queue, id) : undefined),
        redrive: async (queue, id) => (await store.redrive(queue, id)) || isTold(id),
      },
    };
  });

export const numbers = (change: (numbers: QueueNumbers) => QueueNumbers): Breakage =>
  transports(transport => ({ inspect: async queue => change(await transport.inspect(queue)) }));

/** An engine whose storage is said to survive. */
export function survivingAdapter(): DurableConformanceAdapter {
  const { engine, ...adapter } = memoryAdapter();
  const features = { ...adapter.features, survivesRestart: true };
  const transport = async () => changed(engine.another(), { features });
  return { ...adapter, features, transport, restart: async () => undefined };
}

/** @param count of the jobs in one store, all of which are told to be new */
export function tellsNew(count: number): Change {
  return transport => ({
    store: async all => {
      const stored = await transport.store(all);
      return all.length === count ? all.map(({ id }) => ({ id, isDuplicate: false })) : stored;
    },
  });
}

export const storeReversed: Change = transport => ({
  store: async all => (await transport.store(all.toReversed())).toReversed(),
});
