import type { Delivery, DurableTransport, Job, Outcome, QueueSpec } from 'nestjs-cqrs/extension';
import { MemoryTransport } from 'nestjs-cqrs/testing';

export const START = new Date('2026-03-01T00:00:00Z');
export const QUEUE: QueueSpec = { name: 'mail', concurrency: 1, isKeyed: false };
export const DONE: Outcome = { isDone: true };
export const FAILED: Outcome = { isDone: false, error: { name: 'Error', message: 'no' }, isDead: false };

let ids = 0;

export const job = (change: Partial<Job> = {}): Job => ({
  id: `job-${++ids}`,
  queue: QUEUE.name,
  data: { kind: 'command', envelope: { text: 'hello' }, enqueuedAt: 0 },
  retry: { limit: 0, delay: 0, backoff: false, maxDelay: 0 },
  ...change,
});

export const begin = (options = {}) => new MemoryTransport({ start: START, grace: 5, ...options });

/** Notes when deliveries run, in seconds of virtual time. */
export async function work(
  transport: MemoryTransport,
  handle: (delivery: Delivery) => Outcome | Promise<Outcome> = () => DONE,
  { spec = QUEUE, as = transport }: { spec?: QueueSpec; as?: DurableTransport } = {},
) {
  const seen: { at: number; delivery: Delivery }[] = [];
  await as.work(spec, async delivery => {
    seen.push({ at: (transport.clock.now.getTime() - START.getTime()) / 1000, delivery });
    return handle(delivery);
  });
  return seen;
}

export const never = () => new Promise<Outcome>(() => undefined);
