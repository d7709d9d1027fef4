import type { MessagePort, Worker } from 'node:worker_threads';
import {
  TransportException,
  type ControlFrame,
  type Endpoint,
  type RemoteServer,
  type RemoteTransport,
  type ReplyFrame,
  type RequestFrame,
} from 'nestjs-cqrs/extension';
import { Observable, type Subscriber } from 'rxjs';

// #region features
/** One thread answers, over a channel that keeps the order of messages and tells when it closes. */
const features = { sharesLoad: true, manyReplies: true, addressable: true, tellsNobodyListens: true };
// #endregion

// #region frames
/** What one thread posts to the other. Control frames have no call, since they have no reply. */
interface Request {
  readonly call?: number;
  readonly pattern: string;
  readonly frame: RequestFrame | ControlFrame;
}

interface Answer {
  readonly call?: number;
  readonly reply?: ReplyFrame;
  readonly end?: 'done' | 'not exposed';
}
// #endregion

// #region transport
/** For `route(…).to()`, in the thread that sends. */
export class ThreadTransport implements RemoteTransport {
  readonly engine = 'thread';
  readonly features = features;
  private readonly calls = new Map<number, Subscriber<ReplyFrame>>();
  private last = 0;
  private hasEnded = false;

  constructor(
    readonly name: string,
    private readonly thread: Worker | MessagePort,
  ) {
    thread.on('message', (answer: Answer) => this.receive(answer));
    for (const end of ['exit', 'close']) thread.on(end, () => this.fail());
  }

  request(pattern: string, frame: RequestFrame): Observable<ReplyFrame> {
    return new Observable(caller => {
      if (this.hasEnded) return caller.error(new TransportException('not-handled', 'has ended'));
      const call = ++this.last;
      this.calls.set(call, caller);
      this.thread.postMessage({ call, pattern, frame } satisfies Request);
      return () => this.calls.delete(call);
    });
  }

  async emit(pattern: string, frame: ControlFrame): Promise<void> {
    this.thread.postMessage({ pattern, frame } satisfies Request);
  }

  async close(): Promise<void> {
    if ('terminate' in this.thread) await this.thread.terminate();
    else this.thread.close();
  }

  private receive({ call, reply, end }: Answer): void {
    const caller = this.calls.get(call ?? 0);
    if (reply !== undefined) caller?.next(reply);
    else if (end === 'done') caller?.complete();
    else caller?.error(new TransportException('not-handled', 'does not expose it'));
  }

  private fail(): void {
    this.hasEnded = true;
    for (const caller of this.calls.values()) caller.error(new TransportException('unknown', 'has ended'));
  }
}
// #endregion

// #region server
/** For `expose(…).on()`, in the thread that handles. */
export class ThreadServer implements RemoteServer {
  readonly engine = 'thread';
  readonly features = features;
  private endpoints = new Map<string, Endpoint>();
  private readonly disconnected = new AbortController();

  constructor(
    readonly name: string,
    private readonly port: MessagePort,
  ) {}

  serve(endpoints: readonly Endpoint[]): void {
    this.endpoints = new Map(endpoints.map(endpoint => [endpoint.pattern, endpoint]));
  }

  async listen(): Promise<void> {
    this.port.on('message', (request: Request) => this.receive(request));
    this.port.once('close', () => this.disconnected.abort(new Error('The other thread is gone')));
  }

  async close(): Promise<void> {
    this.port.close();
  }

  private receive({ call, pattern, frame }: Request): void {
    const post = (answer: Answer) => this.port.postMessage({ call, ...answer });
    const endpoint = this.endpoints.get(pattern);
    if (endpoint === undefined) return post({ end: 'not exposed' });
    endpoint.handle(frame, this.disconnected.signal).subscribe({
      next: reply => post({ reply }),
      complete: () => post({ end: 'done' }),
    });
  }
}
// #endregion
