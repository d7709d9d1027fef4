/** A handler keeps only the signal; the controller must live as long. */
const controllers = new WeakMap<AbortSignal, AbortController>();

const followers = new WeakMap<AbortSignal, Followers>();

const forgotten = new FinalizationRegistry<() => void>(strikeOff => strikeOff());

/**
 * A source may live as long as the process: one listener, followers held weakly. (`AbortSignal.any` of Node 20 never
 * forgets; many listeners would count as a leak.)
 * @returns stops following
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
