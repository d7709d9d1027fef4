import type { Disposer } from '../handlers/handler-registry.js';

/** A registry of handlers, which may be shared and live longer than a bus. */
interface WatchedRegistry {
  onChange(observer: () => void): Disposer;
}

/** Strikes off what watches a registry when the bus it belongs to is gone. */
const gone = new FinalizationRegistry<Disposer>(stop => stop());

/** Lets a dispatcher forget what it looked up whenever a registry changes, without keeping it alive. */
export function forgetOnChange(registry: WatchedRegistry, dispatcher: { forget(): void }): void {
  const reference = new WeakRef(dispatcher);
  gone.register(
    dispatcher,
    registry.onChange(() => reference.deref()?.forget()),
  );
}
