import type { DurableTransport, QueueSpec, ScheduleStore, StoredSchedule } from 'nestjs-cqrs/extension';
import { CuttingProxy, type Cut } from '../../../support/cutting-proxy.js';
import { jobOf } from '../durable-runs.js';
import type { CutEngine } from './story.js';

/** A process that dies, and another one. */
export interface Dying {
  readonly queues: readonly QueueSpec[];
  readonly cut: Pick<Cut, 'side' | 'kind'>;
  prepare(first: ScheduleStore): Promise<unknown>;
  /** The process dies within it. */
  call(first: ScheduleStore): Promise<unknown>;
  look(second: DurableTransport): Promise<void>;
}

/** Kills a process within a call of its schedules, and looks at what it has left. */
export async function dyingWithin(engine: CutEngine, { queues, cut, prepare, call, look }: Dying): Promise<void> {
  const proxy = await CuttingProxy.start(engine, engine.protocol);
  const [first, second] = [engine.make('127.0.0.1', proxy.port), engine.make(engine.host, engine.port)];
  try {
    for (const transport of [first, second]) await transport.open(queues, () => undefined);
    await prepare(first.schedules!);
    proxy.arm({ ...cut, occurrence: 1, what: 'client' });
    await expect(call(first.schedules!)).rejects.toThrow();
    expect(proxy.isCut).toBe(true);
    await look(second);
  } finally {
    await Promise.all([first.close(), second.close()]);
    proxy.close();
  }
}

/** Once a year: never during a test. */
export const yearly = (name: string, { name: queue }: QueueSpec, to = 'ada'): StoredSchedule => {
  const { data, retry } = jobOf({ name: queue, concurrency: 1, isKeyed: false });
  return {
    name,
    queue,
    cron: '0 0 1 1 *',
    timeZone: 'UTC',
    data: { ...data, envelope: { to } },
    retry,
    isDeclared: true,
  };
};
