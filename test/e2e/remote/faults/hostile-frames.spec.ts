import { once } from 'node:events';
import { connect } from 'node:net';
import { Test } from '@nestjs/testing';
import { jest } from '@jest/globals';
import { CqrsModule, expose } from 'nestjs-cqrs';
import type { Endpoint, RemoteServer } from '../../../../lib/extension.js';
import { escaped } from '../../../support/escaped-rejections.js';
import { soon, until } from '../../../support/waiting.js';
import { Child } from './child.js';
import { freeAddress } from './address.js';
import { brokenRequest, envelopeOf, strangeControl } from './hostile-frames.js';
import { Add, Ask, Happened, Refused, Rows } from './messages.js';
import { registered } from './register.js';
import { Seeded } from './seeded.js';
import { Service, type Done } from './service.js';

jest.setTimeout(300_000);

/** In all; a quarter of them over a socket. */
const FRAMES = Number(process.env['CQRS_FRAMES'] ?? 20_000);

const NOTHING: Partial<Done> = { handled: {}, running: 0, produced: 0, openRows: 0, happened: [] };

/** What a refusal may be called. */
const REFUSALS = ['EnvelopeException', 'UnknownMessageException', 'MessageVersionException', 'StaleMessageException'];

const seeded = new Seeded();
console.log(`The frames follow from CQRS_SEED=${seeded.seed}.`);

/** Takes in what the test hands to its endpoints. */
class OpenServer implements RemoteServer {
  readonly name = 'faults';
  readonly engine = 'test';
  readonly features = { sharesLoad: true, manyReplies: true, addressable: true, tellsNobodyListens: true };
  private endpoints: readonly Endpoint[] = [];

  serve(endpoints: readonly Endpoint[]): void {
    this.endpoints = endpoints;
  }

  /** @param pattern its beginning is enough */
  endpoint(pattern: string): Endpoint {
    return this.endpoints.find(each => each.pattern.startsWith(pattern))!;
  }

  replies(pattern: string, frame: unknown): Promise<unknown[]> {
    return new Promise((resolve, reject) => {
      const replies: unknown[] = [];
      const { handle } = this.endpoint(pattern);
      handle(frame).subscribe({ next: reply => replies.push(reply), complete: () => resolve(replies), error: reject });
    });
  }
}

async function receiving() {
  const server = new OpenServer();
  const module = CqrsModule.forRoot({
    expose: [expose(Add, Ask, Rows, Happened).on(server)],
    messages: [Refused],
  });
  const app = await Test.createTestingModule({ imports: [module], providers: [Service] }).compile();
  await app.init();
  return { app, server, service: app.get(Service) };
}

describe('A receiver that is given hostile frames', () => {
  it('refuses each with a typed failure, and runs no handler', async () => {
    const { app, server, service } = await receiving();
    const wrong: unknown[] = [];
    for (let i = 0; i < FRAMES * 0.75; i++) {
      const { pattern, text } = brokenRequest(seeded);
      const replies = (await server.replies(pattern, JSON.parse(text))) as { error?: { name: string } }[];
      const [reply] = replies;
      const isRefusal = reply !== undefined && 'refused' in reply && REFUSALS.includes(reply.error!.name);
      if (replies.length !== 1 || !isRefusal) wrong.push({ pattern, text: text.slice(0, 500), replies });
    }
    await soon();
    expect(wrong.slice(0, 5)).toEqual([]);
    expect(service.done).toMatchObject(NOTHING);
    expect(registered(app)).toBe(0);
    expect(escaped).toEqual([]);
    await app.close();
  });

  it('leaves calls alone whose names the sender of a control frame does not know', async () => {
    const { app, server, service } = await receiving();
    const accepted: { call: string }[] = [];
    const ended: unknown[] = [];
    for (let i = 0; i < 20; i++)
      server
        .endpoint('cqrs.command.faults.add')
        .handle({
          kind: 'command',
          envelope: envelopeOf('faults.add', { id: `${i}`, takes: 60_000 }),
          cancellable: true,
        })
        .subscribe({ next: reply => accepted.push(reply as never), complete: () => ended.push(i) });
    await until(() => accepted.length === 20);
    const names = accepted.map(({ call }) => call);
    for (let i = 0; i < 2000; i++) {
      const control = strangeControl(seeded, names);
      expect(await server.replies(seeded.of(['cqrs.more.', 'cqrs.cancel.']), control)).toEqual([]);
    }
    expect({ running: service.done.running, registered: registered(app), ended }).toEqual({
      running: 20,
      registered: 20,
      ended: [],
    });
    for (const call of names) await server.replies('cqrs.cancel.', { call });
    await until(() => ended.length === 20);
    expect({ cancelled: service.done.cancelled, registered: registered(app) }).toEqual({
      cancelled: 20,
      registered: 0,
    });
    await app.close();
  });

  it.each([1e308, 0.2, 2 ** 31, Number.MAX_SAFE_INTEGER])('takes a timeout of %d ms', async timeout => {
    const { app, server } = await receiving();
    const warnings: unknown[] = [];
    const warn = (warning: Error) => void warnings.push(warning);
    process.on('warning', warn);
    const frame = {
      kind: 'query',
      timeout,
      expires: 1e308,
      envelope: envelopeOf('faults.ask', { how: 'echo', value: 5 }),
    };
    expect(await server.replies('cqrs.query.faults.ask', frame)).toEqual([{ ok: true, value: 5 }]);
    await soon();
    process.off('warning', warn);
    expect(warnings).toEqual([]);
    await app.close();
  });

  it('does not call rows complete that it has cut off, when the reader says nothing any more', async () => {
    const { app, server, service } = await receiving();
    const envelope = envelopeOf('faults.rows', { count: 100, how: 'numbers' });
    const replies = await server.replies('cqrs.query.faults.rows', {
      kind: 'query',
      envelope,
      rows: { credit: 2, alive: 1 },
    });
    expect(replies.filter(reply => 'rows' in (reply as object))).toEqual([{ rows: [0, 1], from: 0 }]);
    expect(replies.some(reply => 'ok' in (reply as object))).toBe(false);
    expect({ openRows: service.done.openRows, registered: registered(app) }).toEqual({ openRows: 0, registered: 0 });
    await app.close();
  });
});

const framed = (text: string): string => `${text.length}#${text}`;

/** What is no frame of Nest at all; the connection may end. */
const noise = (): string =>
  seeded.of([
    'GET / HTTP/1.1\r\n\r\n',
    '#',
    '5#{"a"',
    '-5#{}',
    '1e9#x',
    'NaN#x',
    framed('{'),
    framed('null'),
    framed('"x"'),
    framed('[]'),
    framed('{"pattern":{}}'),
    framed('{"pattern":null,"id":"1"}'),
    framed(`{"pattern":${'['.repeat(20_000)}${']'.repeat(20_000)},"id":"1"}`),
    framed('{"id":{"a":1},"pattern":"cqrs.command.faults.add"}'),
    framed('{"pattern":"__proto__","id":"__proto__","data":{}}'),
    framed('{"pattern":"cqrs.cancel.x","id":"1","data":{"call":"x"}}'),
    seeded.text(50),
  ]);

describe('A server on a TCP port that is given hostile bytes', () => {
  it('answers each request with a typed failure, runs no handler, and goes on', async () => {
    const address = await freeAddress();
    const server = await Child.start('service-process.ts', 'tcp', address);
    const [host = '', port = ''] = address.split(':');
    const counts = { requests: 0, refusals: 0 };
    const wrong: unknown[] = [];
    for (let sent = 0; sent < FRAMES * 0.25;) {
      const requests = Array.from({ length: 100 }, () => brokenRequest(seeded));
      const socket = connect(Number(port), host);
      socket.on('error', () => undefined);
      socket.setEncoding('utf8');
      let received = '';
      const ids = new Set(requests.map((_, i) => String(i)));
      socket.on('data', (chunk: string) => {
        received += chunk;
        for (let at = received.indexOf('#'); at > 0; at = received.indexOf('#')) {
          const length = Number(received.slice(0, at));
          if (received.length < at + 1 + length) return;
          const packet = JSON.parse(received.slice(at + 1, at + 1 + length)) as Packet;
          received = received.slice(at + 1 + length);
          if (packet.response?.refused && REFUSALS.includes(packet.response.error.name)) counts.refusals += 1;
          else if (packet.response !== undefined || packet.err !== undefined) wrong.push(packet);
          ids.delete(packet.id);
        }
      });
      await once(socket, 'connect');
      for (const [i, { pattern, text }] of requests.entries())
        socket.write(framed(`{"id":"${i}","pattern":${JSON.stringify(pattern)},"data":${text}}`));
      await until(() => ids.size === 0 || socket.closed);
      counts.requests += requests.length;
      sent += requests.length;
      for (let i = 0; i < 10 && socket.writable; i++, sent++) socket.write(noise());
      socket.destroy();
    }
    expect(wrong.slice(0, 5)).toEqual([]);
    expect(counts.refusals).toBe(counts.requests);
    expect(await server.ask('done')).toMatchObject(NOTHING);
    expect({ escaped: await server.ask('escaped'), registered: await server.ask('registered') }).toEqual({
      escaped: [],
      registered: 0,
    });
    await server.ask('close');
    await server.kill();
  });
});

interface Packet {
  readonly id: string;
  readonly err?: unknown;
  readonly response?: { readonly refused?: true; readonly error: { readonly name: string } };
}
