import type { HandlerIdentity } from '../context/message-context.js';
import type { MessageType } from '../messages/message.js';

/** What runs, as far as a report names it. */
export interface Running {
  readonly type: MessageType;
  readonly invoker: { readonly identity: HandlerIdentity };
  /** How many dispatches are counted as running. */
  running: number;
}

/** How many of the latest dispatches whose promise belongs to the caller are awaited at the end. */
const REMEMBERED = 1024;

/** What a timer of Node can wait at most; one that is told to wait longer does not wait at all. */
const LONGEST_TIMEOUT = 2 ** 31 - 1;

/**
 * Knows what still runs when an application closes. Runs of event handlers are counted. The promise of a command
 * belongs to its caller and is merely remembered, the latest 1,024 of them: to look whether each has settled would
 * cost a promise a dispatch, and would hide from the process a failure that nobody handles.
 */
export class InFlight {
  private readonly remembered: { promise: Promise<unknown> | undefined; running: Running | undefined }[] = Array.from(
    { length: REMEMBERED },
    () => ({ promise: undefined, running: undefined }),
  );
  private position = 0;
  private readonly counted = new Set<Running>();
  private idle: (() => void) | undefined;

  /** Remembers a promise that belongs to the caller. */
  note(promise: Promise<unknown>, running: Running): void {
    const slot = this.remembered[this.position++ % REMEMBERED]!;
    slot.promise = promise;
    slot.running = running;
  }

  /** Counts a run that has begun. */
  begin(running: Running): void {
    if (running.running++ === 0) this.counted.add(running);
  }

  /** Counts a run that has ended. */
  end(running: Running): void {
    if (--running.running > 0) return;
    this.counted.delete(running);
    if (this.counted.size === 0) this.idle?.();
  }

  /**
   * Waits until nothing runs any more.
   * @param timeout milliseconds to wait at most
   * @returns what still runs then, one entry a dispatch
   */
  async drain(timeout: number): Promise<Running[]> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<true>(resolve => (timer = setTimeout(resolve, Math.min(timeout, LONGEST_TIMEOUT), true)));
    this.countRemembered();
    while (this.counted.size > 0) {
      const quiet = new Promise<false>(resolve => (this.idle = () => resolve(false)));
      if (await Promise.race([quiet, late])) break;
      this.countRemembered();
    }
    clearTimeout(timer);
    return [...this.counted].flatMap(running => Array.from({ length: running.running }, () => running));
  }

  /** From here on the remembered promises are counted too. */
  private countRemembered(): void {
    for (const slot of this.remembered) {
      const { promise, running } = slot;
      if (!promise || !running) continue;
      slot.promise = undefined;
      slot.running = undefined;
      this.begin(running);
      const end = () => this.end(running);
      promise.then(end, end);
    }
  }
}
