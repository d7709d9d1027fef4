import { AssertionError } from 'node:assert';
import type { ConformanceNote } from './adapter.js';

/** What the processes of a run have told, in order. */
export class Journal {
  private readonly notes: ConformanceNote[] = [];
  private readonly readers = new Set<() => void>();

  constructor(private readonly patience: number) {}

  readonly take = (note: ConformanceNote): void => {
    this.notes.push(note);
    for (const read of this.readers) read();
  };

  count(what: ConformanceNote['what'], key: string): number {
    return this.all(what, key).length;
  }

  all(what: ConformanceNote['what'], key?: string): readonly ConformanceNote[] {
    return this.notes.filter(note => note.what === what && (key === undefined || note.key === key));
  }

  /** Waits for a note about the key. */
  async find(what: ConformanceNote['what'], key: string): Promise<ConformanceNote> {
    await this.until(() => this.count(what, key) > 0, `a process notes "${what}" of ${key}`);
    return this.all(what, key)[0]!;
  }

  /**
   * Waits until a condition on the notes holds; fails when the patience is over.
   * @param times the patience: a process has to load first
   */
  async until(holds: () => boolean, what: string, times = 1): Promise<void> {
    if (holds()) return;
    const held = new Promise<void>(resolve => {
      const read = () => {
        if (!holds()) return;
        this.readers.delete(read);
        resolve();
      };
      this.readers.add(read);
    });
    await within(held, times * this.patience, what);
  }
}

/** Fails when a promise does not settle in time. */
export async function within<T>(promise: Promise<T>, milliseconds: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const fail = () =>
      reject(new AssertionError({ message: `Within ${milliseconds} ms: ${what}. It did not happen.` }));
    timer = setTimeout(fail, milliseconds);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
