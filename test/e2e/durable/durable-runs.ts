import { randomUUID } from 'node:crypto';
import type { Delivery, DurableTransport, Job, Outcome, QueueSpec, RetryPolicy } from 'nestjs-cqrs/extension';

export const DONE: Outcome = { isDone: true };

export const failed = (message = 'declined'): Outcome => ({
  isDone: false,
  error: { name: 'CardDeclined', message, code: 'CARD', fields: { card: 7 } },
  isDead: false,
});

export const dead = (message = 'no mailbox'): Outcome =>
  ({ ...failed(message), isDone: false, isDead: true }) as Outcome;

export const retries = (limit: number, delay = 0): RetryPolicy => ({ limit, delay, backoff: false, maxDelay: delay });

/** A queue with a name of its own. */
export const queueOf = (concurrency = 1): QueueSpec => ({ name: `q:${randomUUID()}`, concurrency, isKeyed: false });

export const jobOf = (queue: QueueSpec, change: Partial<Job> = {}): Job => ({
  id: randomUUID(),
  queue: queue.name,
  data: { kind: 'command', envelope: { to: 'ada' }, enqueuedAt: 1 },
  retry: retries(0),
  ...change,
});

export const jobsOf = (count: number, queue: QueueSpec, change: Partial<Job> = {}): Job[] =>
  Array.from({ length: count }, () => jobOf(queue, change));

/** Works a queue, and keeps what was delivered. */
export async function working(
  transport: DurableTransport,
  queue: QueueSpec,
  handle: (delivery: Delivery) => Outcome | Promise<Outcome> = () => DONE,
): Promise<Delivery[]> {
  const deliveries: Delivery[] = [];
  await transport.work(queue, async delivery => {
    deliveries.push(delivery);
    return handle(delivery);
  });
  return deliveries;
}

export const ids = (of: readonly { readonly id: string }[]): string[] => of.map(({ id }) => id);

/** Waits until the engine says so. */
export async function eventually<T>(ask: () => Promise<T>, isFit: (answer: T) => boolean): Promise<T> {
  let answer = await ask();
  while (!isFit(answer)) {
    await new Promise(resolve => setTimeout(resolve, 10));
    answer = await ask();
  }
  return answer;
}
