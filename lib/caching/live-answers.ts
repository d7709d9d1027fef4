import type { LiveWatcher } from './live-watcher.js';

/** How a run has ended. */
export type RunEnd = { readonly json: unknown; readonly freshUntil: number } | { readonly error: unknown };

/** With the moment at which it began. */
export type LiveOutcome = RunEnd & { readonly begun: number };

interface Watched {
  watchers: number;
  outcome: LiveOutcome | undefined;
}

/** How the latest runs of watched queries have ended, one per key: for those that come too late to join the run. */
export class LiveAnswers {
  private readonly byKey = new Map<string, Watched>();

  /** A key leaves with its last watcher. */
  get size(): number {
    return this.byKey.size;
  }

  join(watcher: LiveWatcher, key: string): void {
    if (watcher.key === key) return;
    this.leave(watcher);
    watcher.key = key;
    const present = this.byKey.get(key);
    if (present === undefined) this.byKey.set(key, { watchers: 1, outcome: undefined });
    else present.watchers += 1;
  }

  leave(watcher: LiveWatcher): void {
    const { key } = watcher;
    const watched = key === undefined ? undefined : this.byKey.get(key);
    watcher.key = undefined;
    if (watched === undefined) return;
    watched.watchers -= 1;
    if (watched.watchers === 0) this.byKey.delete(key!);
  }

  note(key: string, outcome: LiveOutcome): void {
    const watched = this.byKey.get(key);
    if (watched !== undefined) watched.outcome = outcome;
  }

  forget(key: string | undefined): void {
    const watched = key === undefined ? undefined : this.byKey.get(key);
    if (watched !== undefined) watched.outcome = undefined;
  }

  /**
   * What the watcher gets without a run: the answer of one that began since it has to ask, or that is still fresh. A failure is
   * given once: what asks again after it wants a run.
   */
  of(watcher: LiveWatcher, key: string): LiveOutcome | undefined {
    const outcome = this.byKey.get(key)?.outcome;
    if (outcome === undefined) return undefined;
    const isDue = outcome.begun > watcher.due;
    if ('error' in outcome) return isDue && outcome.begun > watcher.tried ? outcome : undefined;
    return isDue || Date.now() < outcome.freshUntil ? outcome : undefined;
  }
}
