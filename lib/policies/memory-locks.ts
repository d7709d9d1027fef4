import { idOf, waitFor } from './key-waiting.js';
import type { KeyedDispatch, LockStore } from './stores.js';

/** Locks within this process. The default of `@Sequential`. Messages that wait get their turn in the order in which they came. */
export class MemoryLocks implements LockStore {
  /** What the store expects of the unit of work. */
  readonly place = 'around-transaction';

  /** What waits, per key that is held. */
  private readonly queues = new Map<string, Set<() => void>>();

  /** Keys that are held now. */
  get size(): number {
    return this.queues.size;
  }

  /** See `LockStore`. */
  async run(dispatch: KeyedDispatch, work: () => Promise<unknown>): Promise<unknown> {
    const { signal } = dispatch;
    const id = idOf(dispatch);
    signal.throwIfAborted();
    const queue = this.queues.get(id);
    if (queue === undefined) this.queues.set(id, new Set());
    else await waitFor<void>(signal, turn => joined(queue, turn));
    try {
      signal.throwIfAborted();
      return await work();
    } finally {
      this.leave(id);
    }
  }

  private leave(id: string): void {
    const queue = this.queues.get(id)!;
    const [next] = queue;
    if (next === undefined) return void this.queues.delete(id);
    queue.delete(next);
    next();
  }
}

function joined(queue: Set<() => void>, turn: () => void): () => void {
  queue.add(turn);
  return () => queue.delete(turn);
}
