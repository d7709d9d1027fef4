/** A call that ends when its caller is gone. */
export interface ConnectedCall {
  abandon(reason: unknown): void;
}

/**
 * The calls of each connection. perf: one listener per connection and no weak references, since each call is removed
 * when it ends; `follow()` would cost a call 8 µs.
 */
export class Connections {
  private readonly calls = new WeakMap<AbortSignal, Set<ConnectedCall>>();

  /** @param disconnected aborted when the caller is gone */
  add(call: ConnectedCall, disconnected: AbortSignal): void {
    this.callsOf(disconnected).add(call);
  }

  remove(call: ConnectedCall, disconnected: AbortSignal): void {
    this.calls.get(disconnected)?.delete(call);
  }

  private callsOf(disconnected: AbortSignal): Set<ConnectedCall> {
    const known = this.calls.get(disconnected);
    if (known !== undefined) return known;
    const calls = new Set<ConnectedCall>();
    this.calls.set(disconnected, calls);
    const abandon = () => {
      for (const call of calls) call.abandon(disconnected.reason);
    };
    disconnected.addEventListener('abort', abandon, { once: true });
    return calls;
  }
}
