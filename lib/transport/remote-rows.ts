import type { Subscription } from 'rxjs';
import { onAbort } from '../context/on-abort.js';
import { EnvelopeException } from '../errors/envelope.exception.js';
import { TransportException } from '../errors/transport.exception.js';
import { MAX_TIMER } from '../pipeline/time-limit.js';
import { readReply, type AcceptedFrame, type FailedFrame, type ReplyFrame, type RowsWanted } from './frame.js';
import { TIME_TO_ACCEPT } from './remote-call.js';
import { cancelPattern, morePattern } from './patterns.js';
import type { OutgoingCall } from './remote-call.js';

/** Rows that may be on their way at the start. */
const CREDIT = 64;

/** Rows asked for together. */
const SHARE = 32;

/** What a request for rows says; both sides count the other as gone after `silence` milliseconds. */
export const rowsWanted = (silence: number): RowsWanted => ({
  credit: CREDIT,
  alive: Math.min(Math.max(1, silence / 4), MAX_TIMER),
});

export interface OutgoingRows extends Omit<OutgoingCall, 'limit'> {
  /** Milliseconds without a word of the other process. */
  readonly silence: number;
  read(row: unknown): unknown;
  failure(failed: FailedFrame): Error;
  unavailable(error: unknown): Error;
}

interface Reader {
  resolve(result: IteratorResult<unknown>): void;
  reject(reason: unknown): void;
}

/**
 * Rows of another process. The reader sets the pace: at most 64 rows are unread. `return()` ends the source at once,
 * also while a row is awaited.
 */
export class RemoteRows implements AsyncIterableIterator<unknown> {
  private subscription: Subscription | undefined;
  private readonly unread: unknown[] = [];
  private waiting: Reader[] = [];
  private accepted: AcceptedFrame | undefined;
  private received = 0;
  private read = 0;
  private lastWord = performance.now();
  private pulse: NodeJS.Timeout | undefined;
  private unlisten: (() => void) | undefined;
  private isEnded = false;
  /** Held by a reader that left before the other process has said where to cancel. */
  private late: Subscription | undefined;
  private failure: { readonly reason: unknown } | undefined;

  constructor(private readonly call: OutgoingRows) {}

  /** Sends the request. */
  open(): this {
    const { transport, pattern, frame, signal } = this.call;
    signal?.throwIfAborted();
    if (signal !== undefined) this.unlisten = onAbort(signal, this.abort);
    this.pulse = setInterval(this.beat, frame.rows!.alive);
    this.subscription = transport.request(pattern, frame).subscribe({
      next: reply => this.receive(reply),
      error: error => this.end({ reason: this.call.unavailable(error) }),
      complete: () =>
        this.end({ reason: this.call.unavailable(new TransportException('unknown', 'ended the rows without an end')) }),
    });
    if (this.isEnded) this.subscription.unsubscribe();
    return this;
  }

  next(): Promise<IteratorResult<unknown>> {
    if (this.unread.length > 0) return this.row(this.unread.shift());
    if (this.isEnded) return this.last();
    return new Promise((resolve, reject) => this.waiting.push({ resolve, reject }));
  }

  return(): Promise<IteratorResult<unknown>> {
    this.unread.length = 0;
    this.leave();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  private receive(frame: ReplyFrame): void {
    this.lastWord = performance.now();
    try {
      const reply = readReply(frame);
      if (this.isEnded) return this.receiveLate(reply);
      if ('accepted' in reply) this.accepted = reply;
      else if ('ok' in reply && !reply.ok) this.end({ reason: this.call.failure(reply) });
      else if (reply.from !== this.received) this.lose('lost rows on the way');
      else if ('rows' in reply) for (const row of reply.rows) this.take(this.call.read(row));
      else if ('ok' in reply) this.end();
    } catch (error) {
      this.lose('sent what is not a row', error);
    }
  }

  private lose(why: string, cause?: unknown): void {
    this.leave({ reason: this.call.unavailable(new TransportException('unknown', why, cause)) });
  }

  private take(row: unknown): void {
    this.received += 1;
    const reader = this.waiting.shift();
    if (reader === undefined && this.unread.length === CREDIT)
      throw EnvelopeException.malformed('There are more rows than were asked for.', 'frame.rows');
    if (reader === undefined) this.unread.push(row);
    else void this.row(row).then(reader.resolve, reader.reject);
  }

  private async row(value: unknown): Promise<IteratorResult<unknown>> {
    this.read += 1;
    if (this.read % SHARE === 0) this.say();
    return { done: false, value };
  }

  private async last(): Promise<IteratorResult<unknown>> {
    const { failure } = this;
    this.failure = undefined;
    if (failure !== undefined) throw failure.reason;
    return { done: true, value: undefined };
  }

  private readonly abort = (): void => {
    this.unread.length = 0;
    this.leave({ reason: this.call.signal!.reason });
  };

  private readonly beat = (): void => {
    const { silence } = this.call;
    if (performance.now() - this.lastWord <= silence) return this.say();
    this.leave({ reason: this.call.tooLate() });
  };

  /** How many rows there may be in all: a word that is lost is made up for by the next. */
  private say(): void {
    if (this.accepted === undefined || this.isEnded) return;
    const { accepted, call } = this.accepted;
    const rows = CREDIT + this.read - (this.read % SHARE);
    this.call.transport.emit?.(morePattern(accepted), { call, rows }).catch(() => undefined);
  }

  /** Ends the source too, once the other process has said where. */
  private leave(failure?: { readonly reason: unknown }): void {
    if (this.isEnded) return;
    const { accepted } = this;
    if (accepted === undefined && this.call.transport.emit !== undefined) {
      this.late = this.subscription;
      this.subscription = undefined;
      const timer = setTimeout(() => this.late?.unsubscribe(), TIME_TO_ACCEPT).unref();
      this.late?.add(() => clearTimeout(timer));
    }
    this.end(failure);
    if (accepted !== undefined) this.cancel(accepted);
  }

  private receiveLate(reply: ReplyFrame): void {
    if (!('accepted' in reply)) return;
    this.late?.unsubscribe();
    this.cancel(reply);
  }

  private cancel({ accepted, call }: AcceptedFrame): void {
    this.call.transport.emit?.(cancelPattern(accepted), { call }).catch(() => undefined);
  }

  /** Unread rows are read first. */
  private end(failure?: { readonly reason: unknown }): void {
    if (this.isEnded) return;
    this.isEnded = true;
    this.failure = failure;
    clearInterval(this.pulse);
    this.unlisten?.();
    this.subscription?.unsubscribe();
    for (const { resolve, reject } of this.waiting.splice(0)) void this.last().then(resolve, reject);
  }
}
