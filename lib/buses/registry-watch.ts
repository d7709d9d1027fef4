import type { Disposer } from '../handlers/changes.js';

/** May be shared and outlive a bus. */
interface WatchedRegistry {
  onChange(observer: () => void): Disposer;
}

const gone = new FinalizationRegistry<Disposer>(stop => stop());

/** Does not keep the dispatcher alive. */
export function forgetOnChange(registry: WatchedRegistry, dispatcher: { forget(): void }): void {
  const reference = new WeakRef(dispatcher);
  gone.register(
    dispatcher,
    registry.onChange(() => reference.deref()?.forget()),
  );
}
