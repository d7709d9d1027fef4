import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { EMPTY } from 'rxjs';
import { microserviceServer } from '../../../lib/integrations/microservices/index.js';
import type { Endpoint } from '../../../lib/transport/remote-transport.js';
import { pending } from '../../support/waiting.js';
import { turns } from '../transport/peer.js';

type Handler = (data: unknown, context: unknown) => Promise<unknown>;

/** A server of Nest that the test asks. */
class ServerTCP {
  readonly log: unknown[] = [];
  readonly handlers = new Map<
    string,
    { readonly handler: Handler; readonly isEvent: unknown; readonly extras: unknown }
  >();
  listening: (callback: (error?: unknown) => void) => unknown = callback => callback();
  isClosed = false;

  addHandler(pattern: string, handler: Handler, isEvent: unknown, extras: unknown): void {
    this.handlers.set(pattern, { handler, isEvent, extras });
  }

  listen(callback: (error?: unknown) => void): unknown {
    this.log.push('listen');
    return this.listening(callback);
  }

  async close(): Promise<string> {
    this.log.push('close');
    return 'closed';
  }
}

const serverOf = (server: ServerTCP, options?: { listen?: boolean }) =>
  microserviceServer('billing', server as never, options);

const draining = (drain: () => Promise<void> = async () => undefined) => ({ drain });

function served(endpoint: Partial<Endpoint> = {}) {
  const server = new ServerTCP();
  const given: unknown[][] = [];
  const handle: Endpoint['handle'] = (...all) => (given.push(all), EMPTY);
  serverOf(server).serve([{ pattern: 'p', to: 'one', handle, ...endpoint }], draining());
  const call = (context: unknown) => server.handlers.get('p')!.handler('data', context);
  return { server, given, call };
}

describe('A server of microservices', () => {
  it('has a name, and what its engine can do', () => {
    const server = serverOf(new ServerTCP());
    expect(server).toMatchObject({ name: 'billing', engine: 'tcp', features: { sharesLoad: true } });
    const features = { sharesLoad: false, manyReplies: true, addressable: true, tellsNobodyListens: true };
    const own = microserviceServer('own', { addHandler: () => undefined } as never, { features, engine: 'mqtt' });
    expect(own).toMatchObject({ engine: 'mqtt', features });
  });

  it('takes messages in for one process of the service, and control for each', async () => {
    const { server, given, call } = served();
    expect(server.handlers.get('p')).toMatchObject({ isEvent: false, extras: { queue: 'billing' } });
    expect(await call({})).toBe(EMPTY);
    expect(given).toEqual([['data', undefined]]);
    expect(served({ to: 'each' }).server.handlers.get('p')).toMatchObject({ isEvent: true, extras: {} });
  });
});

describe('A server that the module starts', () => {
  it('listens and closes with the application', async () => {
    const server = new ServerTCP();
    const { listen, close } = serverOf(server);
    await listen!();
    expect(await close!()).toBeUndefined();
    expect(server.log).toEqual(['listen', 'close']);
  });

  it.each<[string, ServerTCP['listening']]>([
    ['says so', callback => callback(new Error('taken'))],
    ['says so later', callback => void setImmediate(callback, new Error('taken'))],
    ['rejects', () => Promise.reject(new Error('taken'))],
  ])('fails where it cannot listen: it %s', async (_, listening) => {
    const server = new ServerTCP();
    server.listening = listening;
    await expect(serverOf(server).listen!()).rejects.toThrow('taken');
  });

  it('listens when it says so, however it began', async () => {
    const server = new ServerTCP();
    const begun = pending();
    server.listening = async callback => {
      await begun.promise;
      callback();
    };
    let isListening = false;
    const listening = serverOf(server).listen!().then(() => (isListening = true));
    await turns();
    expect(isListening).toBe(false);
    begun.finish();
    expect(await listening).toBe(true);
  });
});

describe('A server that the user starts', () => {
  it('is not started nor closed by the module', () => {
    const server = serverOf(new ServerTCP(), { listen: false });
    expect([server.listen, server.close]).toEqual([undefined, undefined]);
  });

  it('refuses to listen before it serves', () => {
    const server = new ServerTCP();
    const remote = serverOf(server, { listen: false });
    const heard: unknown[] = [];
    server.listen(error => heard.push(error));
    expect(heard).toEqual([
      expect.objectContaining({
        code: 'CQRS_LISTENS_TOO_EARLY',
        message:
          "The server billing listens before the application knows its handlers. Where: microserviceServer('billing', …, { listen: false }). Call await app.init() before app.startAllMicroservices(). [CQRS_LISTENS_TOO_EARLY]",
      }),
    ]);
    expect(server.log).toEqual([]);
    remote.serve([], draining());
    server.listen(error => heard.push(error));
    expect(heard).toEqual([expect.anything(), undefined]);
    expect(server.log).toEqual(['listen']);
  });

  it('is told of while it does not listen', () => {
    jest.useFakeTimers();
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    try {
      const [deaf, heard, closed] = [new ServerTCP(), new ServerTCP(), new ServerTCP()];
      for (const server of [deaf, heard, closed]) serverOf(server, { listen: false }).serve([], draining());
      heard.listen(() => undefined);
      void closed.close();
      serverOf(new ServerTCP()).serve([], draining());
      jest.advanceTimersByTime(9999);
      expect(warn).not.toHaveBeenCalled();
      jest.advanceTimersByTime(60_000);
      expect(warn.mock.calls.map(([text]) => String(text))).toEqual([
        expect.stringContaining('The server billing (tcp) gets no messages: it does not listen, 10000 ms after'),
      ]);
    } finally {
      jest.restoreAllMocks();
      jest.useRealTimers();
    }
  });

  it('comes back to a broker that its client has given up', async () => {
    const lost = pending();
    const server = Object.assign(new ServerTCP(), {
      unwrap: () => ({ closed: () => lost.promise }),
    });
    const engine = {
      engine: 'nats',
      features: { sharesLoad: true, manyReplies: true, addressable: true, tellsNobodyListens: true },
    };
    const error = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    try {
      microserviceServer('billing', server as never, { ...engine, listen: false }).serve([], draining());
      server.listen(() => undefined);
      lost.finish();
      await turns();
      expect(error.mock.calls.map(([text]) => String(text))).toEqual([
        'The server billing (nats) has given up its broker and gets no messages. It tries again every 2000 ms.',
      ]);
      await server.close();
    } finally {
      jest.restoreAllMocks();
    }
  });

  it('answers what runs before it closes', async () => {
    const server = new ServerTCP();
    const drained = pending();
    serverOf(server, { listen: false }).serve(
      [],
      draining(() => drained.promise),
    );
    const closing = server.close();
    await turns();
    expect(server.log).toEqual([]);
    drained.finish();
    expect(await closing).toBe('closed');
    expect(server.log).toEqual(['close']);
  });

  it('does not drain where the module closes it', async () => {
    const server = new ServerTCP();
    const remote = serverOf(server);
    remote.serve(
      [],
      draining(() => Promise.reject(new Error('The module has drained already'))),
    );
    await remote.close!();
    expect(server.log).toEqual(['close']);
  });
});

describe('The connection of a caller', () => {
  class Socket {
    readonly said: unknown[] = [];
    readonly listeners: (() => void)[] = [];

    setNoDelay(value: boolean): void {
      this.said.push(value);
    }

    once(event: string, listener: () => void): void {
      this.said.push(event);
      this.listeners.push(listener);
    }
  }

  /** A context of TCP, whose method must be called on it. */
  const contextOf = (reference: object) => ({
    reference,
    getSocketRef() {
      return this.reference;
    },
  });

  it.each(['netSocket', 'socket'])('tells when the caller is gone, by its %s', async name => {
    const socket = new Socket();
    const { given, call } = served();
    await call(contextOf({ [name]: socket }));
    const [, gone] = given[0] as [unknown, AbortSignal];
    expect([gone.aborted, socket.said]).toEqual([false, [true, 'close']]);
    for (const listener of socket.listeners) listener();
    expect(gone.reason).toEqual(new Error('The caller is gone'));
  });

  it('is listened to once, however many requests it brings', async () => {
    const [first, second] = [new Socket(), new Socket()];
    const { given, call } = served();
    for (const socket of [first, first, second]) await call(contextOf({ netSocket: socket }));
    const [one, other, third] = given.map(([, gone]) => gone);
    expect(one).toBe(other);
    expect(third).not.toBe(one);
    expect([first.listeners.length, second.listeners.length]).toEqual([1, 1]);
  });

  it('prefers the socket of the network, and may have none', async () => {
    const [outer, inner] = [new Socket(), new Socket()];
    const { given, call } = served();
    await call(contextOf({ netSocket: inner, socket: outer }));
    expect([inner.listeners.length, outer.listeners.length]).toEqual([1, 0]);
    await call(contextOf({}));
    await call({});
    expect(given.slice(1)).toEqual([
      ['data', undefined],
      ['data', undefined],
    ]);
  });
});
