import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A service that fails in the way that its path says, as often as it is told. */
export class Service {
  readonly requests: string[] = [];
  failures = 0;
  readonly keys = new Set<string>();
  readonly server = createServer((request, response) => this.answer(request, response));
  readonly listening = new Promise<void>(resolve => this.server.listen(0, '127.0.0.1', resolve));

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise(resolve => this.server.close(resolve));
  }

  private answer({ url, method, headers, socket }: IncomingMessage, response: ServerResponse): void {
    const key = headers['idempotency-key'];
    if (typeof key === 'string' && this.keys.has(key)) return void response.end('done before');
    if (typeof key === 'string') this.keys.add(key);
    const fails = this.failures-- > 0;
    if (method === 'GET' && fails) return void response.writeHead(503).end();
    this.requests.push(`${method} ${url}`);
    // The work is done, but the answer is lost.
    if (fails) socket.destroy();
    else response.end('1.08');
  }
}
