import { Observable, Subject, type Subscriber } from 'rxjs';
import type { ControlFrame, ReplyFrame, RequestFrame } from '../../../lib/transport/frame.js';
import type { RemoteFeatures, RemoteTransport } from '../../../lib/transport/remote-transport.js';

export const FEATURES: RemoteFeatures = {
  sharesLoad: true,
  manyReplies: true,
  addressable: true,
  tellsNobodyListens: true,
};

/** A transport whose other end is the test: it sees each frame and gives the replies. */
export class Peer implements RemoteTransport {
  readonly engine = 'test';
  readonly requests: { readonly pattern: string; readonly frame: RequestFrame }[] = [];
  readonly emitted: (readonly [pattern: string, frame: ControlFrame])[] = [];
  /** Requests that somebody still waits for. */
  open = 0;
  /** Replies of requests that answer within their subscription. */
  atOnce: unknown[] = [];
  private readonly replies = new Subject<ReplyFrame>();

  constructor(
    readonly name = 'billing',
    readonly features: RemoteFeatures = FEATURES,
  ) {}

  request(pattern: string, frame: RequestFrame): Observable<ReplyFrame> {
    return new Observable((subscriber: Subscriber<ReplyFrame>) => {
      this.requests.push({ pattern, frame });
      this.open += 1;
      subscriber.add(() => (this.open -= 1));
      const replies = this.replies.subscribe(subscriber);
      for (const reply of this.atOnce) subscriber.next(reply as ReplyFrame);
      return replies;
    });
  }

  async emit(pattern: string, frame: ControlFrame): Promise<void> {
    this.emitted.push([pattern, frame]);
    throw new Error('The connection is lost');
  }

  /** Replies to what is open; any value. */
  reply(...frames: unknown[]): void {
    for (const frame of frames) this.replies.next(frame as ReplyFrame);
  }

  fail(error: unknown): void {
    this.replies.error(error);
  }

  complete(): void {
    this.replies.complete();
  }
}

/** What a promise has come to, told without waiting for it. */
export function watched<T>(promise: Promise<T>) {
  const seen: { value?: T; reason?: unknown; isSettled: boolean } = { isSettled: false };
  promise.then(
    value => Object.assign(seen, { value, isSettled: true }),
    (reason: unknown) => Object.assign(seen, { reason, isSettled: true }),
  );
  return seen;
}

/** Runs everything that promises alone have to do; timers do not go on. */
export const turns = async (): Promise<void> => {
  for (let i = 0; i < 50; i++) await undefined;
};
