/**
 * Controllers by the signal they made. A signal is all that a handler keeps; whatever aborts it has to live as long.
 */
const controllers = new WeakMap<AbortSignal, AbortController>();

/** Those that follow a signal, by that signal. */
const followers = new WeakMap<AbortSignal, Followers>();

/** Strikes a follower off when nothing holds its signal any more. */
const forgotten = new FinalizationRegistry<() => void>(strikeOff => strikeOff());

/**
 * Aborts a controller as soon as a signal is aborted, with the same reason. The signal may live as long as the process:
 * it gets one listener in all, and what follows it is held weakly. `AbortSignal.any` of Node 20 never forgets.
 */
export function follow(source: AbortSignal, controller: AbortController): void {
  if (source.aborted) return controller.abort(source.reason);
  let present = followers.get(source);
  if (present === undefined) followers.set(source, (present = new Followers(source)));
  present.add(controller);
}

/** What follows one signal. */
class Followers {
  private readonly signals = new Set<WeakRef<AbortSignal>>();

  constructor(source: AbortSignal) {
    source.addEventListener('abort', () => this.abort(source.reason), { once: true });
  }

  add(controller: AbortController): void {
    const { signal } = controller;
    controllers.set(signal, controller);
    const reference = new WeakRef(signal);
    const { signals } = this;
    signals.add(reference);
    forgotten.register(signal, () => signals.delete(reference));
  }

  private abort(reason: unknown): void {
    const signals = [...this.signals];
    this.signals.clear();
    for (const reference of signals) {
      const signal = reference.deref();
      if (signal !== undefined) controllers.get(signal)?.abort(reason);
    }
  }
}
