import { runInNone, type AsyncRunner } from '../context/context-storage.js';
import { libraryHeader } from '../context/header.js';
import type { DispatchOptions } from '../context/message-context.js';
import { messageId } from '../context/message-id.js';
import { onAbort } from '../context/on-abort.js';
import { callSafely } from '../dispatch/failures.js';

/** Options of one dispatch of a watcher. */
export type LiveRun = Required<Pick<DispatchOptions, 'headers' | 'messageId' | 'signal'>>;

/** What one call of `live()` asks. */
export interface LiveAsking {
  /** Asks it by the bus, with all that is around its handler. Never throws. */
  ask(options: LiveRun): Promise<unknown>;
  /** Runs in the asynchronous context of the call. */
  readonly inContext: AsyncRunner;
  readonly debounce: number;
  readonly errors: 'end' | 'values';
  readonly signal: AbortSignal | undefined;
}

/** Gets the values. */
export interface LiveSink {
  next(value: unknown): void;
  error(error: unknown): void;
  complete(): void;
}

/** Where a watcher stands. */
export interface LivePlace {
  /** Its turn comes soon: `ask()` is called. */
  enqueue(watcher: LiveWatcher): void;
  /** It is gone. */
  left(watcher: LiveWatcher): void;
  /** Two values with the same text are equal. Undefined: it cannot be written. */
  textOf(value: unknown): string | undefined;
}

/** Says to the middleware of `@Cached` that a watcher asks. Read by `LiveQueries`. */
export const WATCHER = libraryHeader<LiveWatcher>('live');

/** One subscriber of a live query: asks when it comes and after touches, at most one at a time, and tells what has changed. */
export class LiveWatcher {
  /** A run that began after this moment has what it waits for. */
  due = 0;
  /** When the run began on which its present ask relies: it does not get the failure of that twice. */
  tried = 0;
  /** Then it does not read the cache any more, which may be late to hear of it. */
  isTouched = false;
  /** Of the dispatch in which it asks. */
  messageId: string | undefined;
  key: string | undefined;
  tags: readonly string[] = [];
  private readonly ending = new AbortController();
  private ignoreSignal: (() => void) | undefined;
  private isAsking = false;
  private isEnded = false;
  /** Whether it wants to ask: `later` when its timer fires. */
  private wish: 'none' | 'later' | 'now' = 'none';
  private timer: NodeJS.Timeout | undefined;
  /** The text of the value that was told last. */
  private shown: string | undefined;

  constructor(
    private readonly asking: LiveAsking,
    private readonly sink: LiveSink,
    private readonly place: LivePlace,
  ) {}

  start(): void {
    const { signal } = this.asking;
    if (signal?.aborted === true) return this.complete();
    if (signal !== undefined) this.ignoreSignal = onAbort(signal, () => this.complete());
  }

  /** @param time of the touch */
  touched(time: number): void {
    this.due = time;
    this.isTouched = true;
    if (this.wish !== 'none') return;
    const { debounce } = this.asking;
    if (debounce === 0) return this.wishNow();
    this.wish = 'later';
    this.timer = runInNone(() => setTimeout(() => this.wishNow(), debounce).unref());
  }

  ask(): void {
    if (this.isEnded) return;
    this.wish = 'none';
    this.isAsking = true;
    const { asking, ending } = this;
    this.messageId = messageId();
    const run = { headers: WATCHER.of(this), messageId: this.messageId, signal: ending.signal };
    const answered = (value: unknown) => this.answered({ status: 'fulfilled', value });
    const failed = (reason: unknown) => this.answered({ status: 'rejected', reason });
    asking.inContext(() => void asking.ask(run).then(answered, failed));
  }

  complete(): void {
    if (this.isEnded) return;
    this.end();
    callSafely(() => this.asking.inContext(() => this.sink.complete()), 'end of a live query');
  }

  /** Leaves nothing behind. */
  end(): void {
    if (this.isEnded) return;
    this.isEnded = true;
    this.place.left(this);
    clearTimeout(this.timer);
    this.ignoreSignal?.();
    this.ending.abort();
  }

  private wishNow(): void {
    this.timer = undefined;
    this.wish = 'now';
    if (!this.isAsking) this.place.enqueue(this);
  }

  private answered(result: PromiseSettledResult<unknown>): void {
    this.isAsking = false;
    if (this.isEnded) return;
    callSafely(() => this.show(result), 'subscriber of a live query');
    // What was told may have ended it.
    if (!this.isEnded && this.wish === 'now') this.place.enqueue(this);
  }

  private show(result: PromiseSettledResult<unknown>): void {
    const asValues = this.asking.errors === 'values';
    if (result.status === 'rejected') {
      this.shown = undefined;
      if (asValues) return this.sink.next(result);
      this.end();
      return this.sink.error(result.reason);
    }
    const text = this.place.textOf(result.value);
    if (text !== undefined && text === this.shown) return;
    this.shown = text;
    this.sink.next(asValues ? result : result.value);
  }
}
