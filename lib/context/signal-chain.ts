/**
 * Controllers by the signal they made. A signal is all that a handler keeps; what aborts it has to live as long.
 */
const controllers = new WeakMap<AbortSignal, AbortController>();

/** Those that follow a signal, by that signal. */
const followers = new WeakMap<AbortSignal, Followers>();

/** Strikes a follower off when nothing holds its signal any more. */
const forgotten = new FinalizationRegistry<() => void>(strikeOff => strikeOff());

/**
 * Aborts a controller as soon as a signal is aborted, with the same reason. The signal may live as long as the process:
 * it gets one listener in all, as long as it is followed, and what follows it is held weakly. (`AbortSignal.any` of
 * Node 20 never forgets, and listeners of their own would be counted as a leak.)
 * @returns ends that
 */
export function follow(source: AbortSignal, controller: AbortController): () => void {
  if (source.aborted) {
    controller.abort(source.reason);
    return nothing;
  }
  let present = followers.get(source);
  if (present === undefined) followers.set(source, (present = new Followers(source)));
  return present.add(controller);
}

/** What follows one signal. */
class Followers {
  private readonly signals = new Set<WeakRef<AbortSignal>>();

  constructor(private readonly source: AbortSignal) {
    source.addEventListener('abort', this.abort, { once: true });
  }

  add(controller: AbortController): () => void {
    const { signal } = controller;
    controllers.set(signal, controller);
    const reference = new WeakRef(signal);
    this.signals.add(reference);
    const strikeOff = () => this.strikeOff(reference);
    forgotten.register(signal, strikeOff);
    return strikeOff;
  }

  private strikeOff(reference: WeakRef<AbortSignal>): void {
    if (!this.signals.delete(reference) || this.signals.size > 0) return;
    this.source.removeEventListener('abort', this.abort);
    followers.delete(this.source);
  }

  private readonly abort = (): void => {
    const { signals, source } = this;
    followers.delete(source);
    const followed = Array.from(signals, reference => reference.deref());
    signals.clear();
    for (const signal of followed) if (signal !== undefined) controllers.get(signal)?.abort(source.reason);
  };
}

const nothing = (): void => undefined;
