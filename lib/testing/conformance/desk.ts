import { randomUUID } from 'node:crypto';
import type { ConformanceNote, NoteTaker } from './adapter.js';

/** What handlers of one process share: what they tell, and what they wait for. */
export class Desk {
  readonly id: string = randomUUID();
  readonly produced = new Map<string, number>();
  private readonly released = new Set<string>();
  private readonly waiting = new Map<string, () => void>();

  constructor(private readonly take: NoteTaker) {}

  note(what: ConformanceNote['what'], key: string, detail?: unknown): void {
    this.take({ what, key, ...(detail !== undefined && { detail: String(detail) }) });
  }

  release(key: string): void {
    this.released.add(key);
    this.waiting.get(key)?.();
  }

  /** Resolves when the key is released; rejects when the signal is aborted. Notes start and end. */
  async wait(key: string, signal: AbortSignal): Promise<void> {
    try {
      await new Promise<void>((resolve, reject) => {
        if (this.released.has(key)) return resolve();
        this.waiting.set(key, resolve);
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
        this.note('started', key);
        if (signal.aborted) reject(signal.reason);
      });
      this.note('ended', key, 'released');
    } catch (error) {
      this.note('ended', key, 'aborted');
      throw error;
    }
  }

  /** Notes rejections that nothing handles; call the result to stop. */
  watchRejections(): () => void {
    const note = (reason: unknown) => this.note('rejection', this.id, reason);
    process.on('unhandledRejection', note);
    return () => void process.off('unhandledRejection', note);
  }
}
