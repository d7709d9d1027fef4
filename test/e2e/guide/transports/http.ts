import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { json } from 'node:stream/consumers';
import { Observable } from 'rxjs';
import {
  TransportException,
  type ControlFrame,
  type Endpoint,
  type RemoteServer,
  type RemoteTransport,
  type ReplyFrame,
  type RequestFrame,
} from 'nestjs-cqrs/extension';

// #region features
const features = {
  sharesLoad: true, // a request reaches one server
  manyReplies: true, // lines of one response
  addressable: true, // with one server; not behind a load balancer
  tellsNobodyListens: true, // the connection is refused
};
// #endregion

// #region transport
/** For `route(…).to()`: posts a frame, and reads each line of the response as a reply. */
export class HttpTransport implements RemoteTransport {
  readonly engine = 'http';
  readonly features = features;

  /** @param url of the server, with a slash at the end */
  constructor(
    readonly name: string,
    private readonly url: string,
  ) {}

  request(pattern: string, frame: RequestFrame): Observable<ReplyFrame> {
    return new Observable(caller => {
      const left = new AbortController();
      let isAnswered = false;
      const read = async () => {
        for await (const line of createInterface(await this.post(pattern, frame, left.signal))) {
          const reply = JSON.parse(line) as ReplyFrame;
          isAnswered ||= 'ok' in reply;
          caller.next(reply);
        }
        caller.complete();
      };
      read().catch((error: unknown) => caller.error(failureOf(error)));
      // After the answer the connection is of use for the next request.
      return () => isAnswered || left.abort();
    });
  }

  async emit(pattern: string, frame: ControlFrame): Promise<void> {
    (await this.post(pattern, frame)).resume();
  }

  private async post(pattern: string, frame: object, signal?: AbortSignal): Promise<Readable> {
    const request = { method: 'POST', body: JSON.stringify(frame), signal: signal ?? null };
    const { status, body } = await fetch(this.url + pattern, request);
    if (status === 404) throw new TransportException('not-handled', 'does not expose it');
    return Readable.fromWeb(body!);
  }
}

/** A refused connection has carried nothing; after any other failure a handler may have run. */
function failureOf(error: unknown): TransportException {
  if (error instanceof TransportException) return error;
  const { code } = ((error as Error).cause ?? {}) as NodeJS.ErrnoException;
  const outcome = code === 'ECONNREFUSED' ? 'not-handled' : 'unknown';
  return new TransportException(outcome, `refused or lost the connection (${code})`, error);
}
// #endregion

// #region server
/** For `expose(…).on()`. */
export class HttpServer implements RemoteServer {
  readonly engine = 'http';
  readonly features = features;
  private readonly server = createServer((request, response) => void this.receive(request, response));
  private endpoints: readonly Endpoint[] = [];

  constructor(
    readonly name: string,
    private readonly port: number,
  ) {}

  serve(endpoints: readonly Endpoint[]): void {
    this.endpoints = endpoints;
  }

  async listen(): Promise<void> {
    await once(this.server.listen(this.port, '127.0.0.1'), 'listening');
  }

  async close(): Promise<void> {
    await once(this.server.close(), 'close');
  }

  private async receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const endpoint = this.endpoints.find(({ pattern }) => request.url === `/${pattern}`);
    if (endpoint === undefined) return void response.writeHead(404).end();
    const gone = new AbortController();
    response.once('close', () => gone.abort(new Error('The caller is gone')));
    // What is not JSON is refused by the endpoint, as any other frame that is not a request.
    const replies = endpoint.handle(await json(request).catch(() => undefined), gone.signal);
    replies.subscribe({
      next: reply => response.write(`${JSON.stringify(reply)}\n`),
      complete: () => response.end(),
    });
  }
}
// #endregion
