import { EMPTY, Observable, Subject, toArray, lastValueFrom, of } from 'rxjs';
import { TransportException } from '../../../lib/errors/transport.exception.js';
import { microservice } from '../../../lib/integrations/microservices/index.js';
import type { ReplyFrame, RequestFrame } from '../../../lib/transport/frame.js';
import { pending, soon } from '../../support/waiting.js';
import { turns } from '../transport/peer.js';

const frame = { kind: 'command', envelope: {} } as unknown as RequestFrame;

/** A client of Nest whose connection and replies the test decides. */
class FakeClient {
  readonly log: unknown[] = [];
  replies: Observable<unknown> = EMPTY;
  connecting: () => Promise<unknown> = async () => undefined;
  socket: object | undefined;

  connect(): Promise<unknown> {
    this.log.push('connect');
    return this.connecting();
  }

  send(pattern: string, data: unknown): Observable<unknown> {
    this.log.push(['send', pattern, data]);
    return this.replies;
  }

  emit(pattern: string, data: unknown): Observable<unknown> {
    this.log.push(['emit', pattern, data]);
    return this.replies;
  }

  unwrap(): unknown {
    return this.socket;
  }

  async close(): Promise<void> {
    this.log.push('close');
  }
}
class ClientTCP extends FakeClient {}
class ClientNats extends FakeClient {}

const transportOf = (client: FakeClient) => microservice('billing', client as never);

const asked = (client: FakeClient): Promise<unknown> =>
  lastValueFrom(transportOf(client).request('p', frame).pipe(toArray())).catch((error: unknown) => error);

describe('A client of microservices as a transport', () => {
  it('has a name, and what its engine can do', () => {
    expect(transportOf(new ClientNats())).toMatchObject({
      name: 'billing',
      engine: 'nats',
      features: { addressable: true },
    });
  });

  it('connects, sends and gives every reply, when it is subscribed to', async () => {
    const client = new ClientNats();
    client.replies = of({ rows: [1] }, { ok: true });
    const request = transportOf(client).request('p', frame);
    await turns();
    expect(client.log).toEqual([]);
    expect(await lastValueFrom(request.pipe(toArray()))).toEqual([{ rows: [1] }, { ok: true }]);
    expect(client.log).toEqual(['connect', ['send', 'p', frame]]);
  });

  it('lets go of a request that is left', async () => {
    const client = new ClientNats();
    const replies = new Subject<ReplyFrame>();
    client.replies = replies;
    const asking = transportOf(client).request('p', frame).subscribe();
    await turns();
    expect(replies.observed).toBe(true);
    asking.unsubscribe();
    expect(replies.observed).toBe(false);
  });

  it('does not send a request that is left while it connects', async () => {
    const client = new ClientNats();
    const connection = pending();
    client.connecting = () => connection.promise;
    const asking = transportOf(client).request('p', frame).subscribe();
    asking.unsubscribe();
    connection.finish();
    await turns();
    expect(client.log).toEqual(['connect']);
  });

  it('connects once for those that wait, and asks again for those that come later', async () => {
    const client = new ClientNats();
    const connection = pending();
    client.connecting = () => connection.promise;
    const transport = transportOf(client);
    transport.request('first', frame).subscribe();
    transport.request('second', frame).subscribe();
    const emitted = transport.emit!('third', { call: 'c1' });
    connection.finish();
    await emitted;
    expect(client.log).toEqual([
      'connect',
      ['send', 'first', frame],
      ['send', 'second', frame],
      ['emit', 'third', { call: 'c1' }],
    ]);
    await transport.emit!('fourth', { call: 'c1' });
    expect(client.log.slice(4)).toEqual(['connect', ['emit', 'fourth', { call: 'c1' }]]);
  });

  it('waits for what it emits, whatever comes', async () => {
    const client = new ClientNats();
    client.replies = of('something');
    expect(await transportOf(client).emit!('p', { call: 'c1' })).toBeUndefined();
    client.replies = EMPTY;
    expect(await transportOf(client).emit!('p', { call: 'c1' })).toBeUndefined();
  });

  it('closes its client', async () => {
    const client = new ClientNats();
    await transportOf(client).close!();
    expect(client.log).toEqual(['close']);
  });
});

describe('A client that cannot connect', () => {
  it.each<[string, unknown, string]>([
    ['an error', new Error('ECONNREFUSED'), 'ECONNREFUSED'],
    ['several errors', new AggregateError([new Error('first'), new Error('second')], ''), 'first'],
    ['several errors with a text', new AggregateError([new Error('first')], 'all of them'), 'all of them'],
    ['several in several', new AggregateError([new AggregateError([new Error('inner')], '')], ''), 'inner'],
    ['a text', 'no route', 'no route'],
    ['nothing', undefined, 'undefined'],
  ])('says so, and that nothing has run: %s', async (_, error, reason) => {
    const client = new ClientNats();
    client.connecting = () => Promise.reject(error);
    const failure = (await asked(client)) as TransportException;
    expect(failure).toBeInstanceOf(TransportException);
    expect([failure.outcome, failure.why, failure.cause]).toEqual([
      'not-handled',
      `cannot be reached (${reason})`,
      error,
    ]);
    expect(client.log).toEqual(['connect']);
    await expect(transportOf(client).emit!('p', { call: 'c1' })).rejects.toBeInstanceOf(TransportException);
  });

  it('tries again at the next message; over TCP on a new socket', async () => {
    const client = new ClientTCP();
    client.connecting = () => Promise.reject(new Error('ECONNREFUSED'));
    const transport = transportOf(client);
    await expect(transport.emit!('p', { call: 'c1' })).rejects.toMatchObject({ outcome: 'not-handled' });
    client.connecting = async () => undefined;
    await transport.emit!('p', { call: 'c1' });
    expect(client.log).toEqual(['connect', 'close', 'connect', ['emit', 'p', { call: 'c1' }]]);
  });
});

describe('A request that gets no answer', () => {
  const empty = new Error('Empty response. There are no subscribers listening to that message ("p")');

  it.each<[string, unknown, string, string]>([
    [
      'no handler',
      'There is no matching message handler defined in the remote service.',
      'not-handled',
      'does not expose it',
    ],
    ['no handler, as an error', new Error('no matching message handler'), 'not-handled', 'does not expose it'],
    ['nobody listens', empty, 'not-handled', 'does not expose it, or no process of it is there'],
    ['a broken connection', new Error('ECONNRESET'), 'unknown', 'lost the connection (ECONNRESET)'],
    ['nothing', null, 'unknown', 'lost the connection (object)'],
    ['a text that is no text', { message: 5 }, 'unknown', 'lost the connection (number)'],
    ['an object with a text', { message: 'ECONNRESET' }, 'unknown', 'lost the connection (ECONNRESET)'],
    ['undefined', undefined, 'unknown', 'lost the connection (undefined)'],
  ])('is told what is known: %s', async (_, error, outcome, why) => {
    const client = new ClientNats();
    client.replies = new Observable(subscriber => subscriber.error(error));
    const failure = (await asked(client)) as TransportException;
    expect(failure).toBeInstanceOf(TransportException);
    expect([failure.outcome, failure.why]).toEqual([outcome, why]);
    expect(failure.cause ?? null).toBe(error ?? null);
  });
});

describe('Requests over TCP', () => {
  /** What is said to a socket, in order. */
  class Socket {
    readonly log: unknown[] = [];
    writable = true;
    writableCorked = 0;

    setNoDelay(value: boolean): this {
      this.log.push(['setNoDelay', value]);
      return this;
    }

    cork(): void {
      this.writableCorked += 1;
      this.log.push('cork');
    }

    uncork(): void {
      this.writableCorked -= 1;
      this.log.push('uncork');
    }
  }

  function tcp() {
    const client = new ClientTCP();
    const socket = new Socket();
    client.socket = socket;
    client.replies = of({ ok: true });
    const transport = transportOf(client);
    const ask = () => lastValueFrom(transport.request('p', frame).pipe(toArray()));
    return { client, socket, transport, ask };
  }

  it('go out at once, and together with others of the same turn', async () => {
    const { socket, ask } = tcp();
    await ask();
    expect(socket.log).toEqual([['setNoDelay', true], 'cork']);
    await soon();
    expect(socket.log.splice(0)).toEqual([['setNoDelay', true], 'cork', 'uncork']);
    await Promise.all([ask(), ask(), ask()]);
    expect(socket.log).toEqual(['cork']);
    await soon();
    expect(socket.log).toEqual(['cork', 'uncork']);
  });

  it('are sent within the subscription once there is a connection, and not on one that is closed', async () => {
    const { client, socket, transport, ask } = tcp();
    await ask();
    client.log.length = 0;
    transport.request('p', frame).subscribe();
    expect(client.log).toEqual([['send', 'p', frame]]);
    socket.writable = false;
    await ask();
    expect(client.log.slice(1)).toEqual(['connect', ['send', 'p', frame]]);
  });

  it('need no socket that can do so, and other engines none at all', async () => {
    const { client, ask } = tcp();
    for (const socket of [undefined, {}]) {
      client.socket = socket;
      expect(await ask()).toEqual([{ ok: true }]);
    }
    const nats = new ClientNats();
    nats.replies = of({ ok: true });
    nats.unwrap = () => {
      throw new Error('It has none');
    };
    expect(await asked(nats)).toEqual([{ ok: true }]);
  });
});
