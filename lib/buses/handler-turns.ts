import type { HandlerInvoker } from '../handlers/handler-invoker.js';

/**
 * The order of events at handlers whose instance takes time to get ready. Such a handler gets the events of one chain of
 * causes, and those of one list, in the order in which they were published. Chains do not wait for each other: an
 * instance that never gets ready stops the events of its own chain alone.
 */
export class HandlerTurns {
  /** By chain or list: for each handler the end of the last turn that was taken. An entry goes when its turn is over. */
  private readonly last = new Map<unknown, Map<HandlerInvoker, Promise<void>>>();

  /** Whether no handler is waited for. */
  get isEmpty(): boolean {
    return this.last.size === 0;
  }

  /** The turns that a handler has to end first. */
  before(keys: readonly unknown[], invoker: HandlerInvoker): Promise<void>[] {
    return keys.flatMap(key => this.last.get(key)?.get(invoker) ?? []);
  }

  /**
   * Takes the next turn of a handler.
   * @param keys the chain, and the list if there is one
   * @param turn ends when the handler has been called; never rejects
   */
  take(keys: readonly unknown[], invoker: HandlerInvoker, turn: Promise<void>): void {
    for (const key of keys) {
      const turns = this.last.get(key) ?? new Map<HandlerInvoker, Promise<void>>();
      this.last.set(key, turns.set(invoker, turn));
    }
    void turn.then(() => keys.forEach(key => this.end(key, invoker, turn)));
  }

  private end(key: unknown, invoker: HandlerInvoker, turn: Promise<void>): void {
    const turns = this.last.get(key);
    if (turns?.get(invoker) !== turn) return;
    turns.delete(invoker);
    if (turns.size === 0) this.last.delete(key);
  }
}
