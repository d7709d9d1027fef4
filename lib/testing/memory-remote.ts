import { AsyncResource } from 'node:async_hooks';
import { Observable } from 'rxjs';
import {
  TransportException,
  type ControlFrame,
  type Endpoint,
  type RemoteFeatures,
  type RemoteServer,
  type RemoteTransport,
  type ReplyFrame,
  type RequestFrame,
} from '../extension.js';

const FEATURES: RemoteFeatures = { sharesLoad: true, manyReplies: true, addressable: true, tellsNobodyListens: true };

/**
 * A service in this process: several applications of a test send messages to each other without a network. Frames
 * are JSON, as on the wire. Servers of one service take turns.
 */
export class MemoryRemote {
  private readonly listening: MemoryServer[] = [];
  private turn = 0;

  /** @param name of the service */
  constructor(readonly name = 'memory') {}

  /** For `route(…).to()`. */
  transport(): RemoteTransport {
    return {
      name: this.name,
      engine: 'memory',
      features: FEATURES,
      request: (pattern, frame) => this.request(pattern, frame),
      emit: (pattern, frame) => this.emit(pattern, frame),
    };
  }

  /** For `expose(…).on()`; one for each application. */
  server(): RemoteServer {
    return new MemoryServer(this.name, this.listening);
  }

  private request(pattern: string, frame: RequestFrame): Observable<ReplyFrame> {
    return new Observable(subscriber => {
      const next = this.listening[this.turn++ % this.listening.length];
      const endpoint = next?.endpoint(pattern);
      if (endpoint === undefined)
        return subscriber.error(
          new TransportException('not-handled', next ? 'does not expose it' : 'is not listening'),
        );
      const replies = next!.outside(() =>
        endpoint.handle(copyOf(frame)).subscribe({
          next: reply => subscriber.next(copyOf(reply)),
          complete: () => subscriber.complete(),
        }),
      );
      return () => replies.unsubscribe();
    });
  }

  private async emit(pattern: string, frame: ControlFrame): Promise<void> {
    for (const server of this.listening)
      server.outside(() => server.endpoint(pattern)?.handle(copyOf(frame)).subscribe());
  }
}

class MemoryServer implements RemoteServer {
  readonly engine = 'memory';
  readonly features = FEATURES;
  private endpoints: readonly Endpoint[] = [];
  private readonly resource = new AsyncResource('MemoryRemote', { requireManualDestroy: true });

  constructor(
    readonly name: string,
    private readonly listening: MemoryServer[],
  ) {}

  serve(endpoints: readonly Endpoint[]): void {
    this.endpoints = endpoints;
  }

  async listen(): Promise<void> {
    this.listening.push(this);
  }

  async close(): Promise<void> {
    const place = this.listening.indexOf(this);
    if (place >= 0) this.listening.splice(place, 1);
  }

  /** As on a network, handlers do not see what callers have in an `AsyncLocalStorage`. */
  outside<R>(run: () => R): R {
    return this.resource.runInAsyncScope(run);
  }

  endpoint(pattern: string): Endpoint | undefined {
    return this.endpoints.find(endpoint => endpoint.pattern === pattern);
  }
}

const copyOf = <T>(frame: T): T => JSON.parse(JSON.stringify(frame)) as T;
