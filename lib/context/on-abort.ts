const listening = new WeakMap<AbortSignal, Listeners>();

/**
 * Calls the function when the signal is aborted. Many dispatches may share a signal: it gets one listener, since Node
 * warns of more than ten.
 * @returns stops listening
 */
export function onAbort(signal: AbortSignal, run: () => void): () => void {
  let present = listening.get(signal);
  if (present === undefined) listening.set(signal, (present = new Listeners(signal)));
  return present.add(run);
}

class Listeners {
  private readonly runs = new Set<() => void>();

  constructor(private readonly signal: AbortSignal) {
    signal.addEventListener('abort', this.abort, { once: true });
  }

  add(run: () => void): () => void {
    this.runs.add(run);
    return () => {
      if (this.runs.delete(run) && this.runs.size === 0) this.leave();
    };
  }

  private leave(): void {
    this.signal.removeEventListener('abort', this.abort);
    listening.delete(this.signal);
  }

  private readonly abort = (): void => {
    listening.delete(this.signal);
    const all = [...this.runs];
    this.runs.clear();
    for (const run of all) run();
  };
}
