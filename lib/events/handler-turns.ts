import type { HandlerInvoker } from '../handlers/handler-invoker.js';
import type { EventDelivery } from './event-delivery.js';
import type { Pipeline } from '../dispatch/pipeline.js';

/**
 * Handlers that are not ready at once get the events of one chain or list in order. An instance that never gets ready
 * stops its own chain only.
 */
export class HandlerTurns {
  /** By correlation, chain or list, then by handler: a promise for the end of its last turn. */
  private readonly last = new Map<unknown, Map<HandlerInvoker, Promise<void>>>();

  get isEmpty(): boolean {
    return this.last.size === 0;
  }

  /** @param prepared by position, resolves when a handler is ready */
  arrange(
    delivery: EventDelivery,
    pipelines: readonly Pipeline[],
    prepared: ReadonlyMap<number, Promise<void>> | undefined,
    call: (deliver: () => void) => void,
  ): void {
    const keys = [delivery.correlationId, delivery.chain];
    for (const [i, { invoker }] of pipelines.entries()) {
      if (invoker.prepare === undefined) continue;
      const before = keys.flatMap(key => this.last.get(key)?.get(invoker) ?? []);
      const ready = prepared?.get(i);
      if (ready !== undefined) before.push(ready);
      if (before.length === 0) continue;
      const deliver = delivery.holdBack(i);
      this.take(
        keys,
        invoker,
        Promise.all(before).then(() => call(deliver)),
      );
    }
  }

  private take(keys: readonly unknown[], invoker: HandlerInvoker, turn: Promise<void>): void {
    for (const key of keys) {
      const turns = this.last.get(key) ?? new Map<HandlerInvoker, Promise<void>>();
      this.last.set(key, turns.set(invoker, turn));
    }
    const end = () => keys.forEach(key => this.end(key, invoker, turn));
    void turn.then(end, end);
  }

  private end(key: unknown, invoker: HandlerInvoker, turn: Promise<void>): void {
    const turns = this.last.get(key);
    if (turns?.get(invoker) !== turn) return;
    turns.delete(invoker);
    if (turns.size === 0) this.last.delete(key);
  }
}
