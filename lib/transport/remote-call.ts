import type { Subscription } from 'rxjs';
import { onAbort } from '../context/on-abort.js';
import { DispatchTimeoutException } from '../errors/dispatch-timeout.exception.js';
import { TransportException } from '../errors/transport.exception.js';
import type { AcceptedFrame, DoneFrame, FailedFrame, ReplyFrame, RequestFrame } from './frame.js';
import { readReply } from './frame.js';
import { cancelPattern } from './patterns.js';
import type { RemoteTransport } from './remote-transport.js';

/** One request that has one answer. */
export interface OutgoingCall {
  readonly transport: RemoteTransport;
  readonly pattern: string;
  readonly frame: RequestFrame;
  /** Milliseconds until the caller stops waiting. */
  readonly limit: number;
  readonly signal: AbortSignal | undefined;
  /** The failure when the time is up. */
  tooLate(): Error;
}

/**
 * Waits for the answer; when the caller stops waiting earlier, tells the other process.
 * @returns rejects with the reason of the signal, `tooLate()`, or what the transport says
 */
export const callRemote = (call: OutgoingCall): Promise<DoneFrame | FailedFrame> =>
  new Promise((resolve, reject) => new RemoteCall(call, resolve, reject).start());

class RemoteCall {
  private subscription: Subscription | undefined;
  private timer: NodeJS.Timeout | undefined;
  private unlisten: (() => void) | undefined;
  /** Of each server, where they do not share the load. */
  private readonly accepted: AcceptedFrame[] = [];
  private readonly startedAt = performance.now();
  private isLeft = false;
  private isEnded = false;

  constructor(
    private readonly call: OutgoingCall,
    private readonly resolve: (answer: DoneFrame | FailedFrame) => void,
    private readonly reject: (reason: unknown) => void,
  ) {}

  start(): void {
    const { transport, pattern, frame, limit, signal } = this.call;
    if (signal?.aborted) return this.reject(signal.reason);
    this.timer = setTimeout(this.expire, limit);
    if (signal !== undefined) this.unlisten = onAbort(signal, this.abort);
    this.subscription = transport.request(pattern, frame).subscribe({
      next: reply => this.receive(reply),
      error: error => this.fail(error),
      complete: () =>
        this.isEnded || this.fail(new TransportException('unknown', 'ended the request without an answer')),
    });
    if (this.isEnded) this.subscription.unsubscribe();
  }

  private receive(frame: ReplyFrame): void {
    let reply: ReplyFrame;
    try {
      reply = readReply(frame);
    } catch (error) {
      return this.fail(new TransportException('unknown', 'sent what is not a reply', error));
    }
    if ('accepted' in reply) {
      this.accepted.push(reply);
      if (this.isLeft) this.cancel();
    } else if ('ok' in reply) {
      this.end();
      if (this.isOverToo(reply)) this.reject(this.call.tooLate());
      else this.resolve(reply);
      if (!this.call.transport.features.sharesLoad) this.cancel();
    }
  }

  /** The other process has the same limit, and may tell first. A timer may be a millisecond early. */
  private isOverToo(reply: DoneFrame | FailedFrame): boolean {
    if (reply.ok || reply.error.name !== DispatchTimeoutException.name) return false;
    return performance.now() - this.startedAt >= this.call.limit - 1;
  }

  private readonly expire = (): void => {
    // The other process has the same limit: only a call without answer waits for it.
    if (this.isLeft) return this.end();
    this.leave(this.call.tooLate());
  };

  private readonly abort = (): void => this.leave(this.call.signal!.reason);

  /** The subscription stays until the other process says where to cancel. */
  private leave(reason: unknown): void {
    this.reject(reason);
    this.isLeft = true;
    if (this.call.frame.cancellable !== true) return this.end();
    this.cancel();
    if (this.isEnded) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(this.expire, TIME_TO_ACCEPT).unref();
  }

  private cancel(): void {
    const { transport } = this.call;
    if (this.accepted.length > 0 && transport.features.sharesLoad) this.end();
    for (const { accepted, call } of this.accepted.splice(0))
      transport.emit?.(cancelPattern(accepted), { call }).catch(() => undefined);
  }

  private fail(reason: unknown): void {
    this.end();
    this.reject(reason);
  }

  private end(): void {
    this.isEnded = true;
    clearTimeout(this.timer);
    this.unlisten?.();
    this.subscription?.unsubscribe();
  }
}

/** Milliseconds; a slow call is accepted sooner. */
export const TIME_TO_ACCEPT = 1000;
