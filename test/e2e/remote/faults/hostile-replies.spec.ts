import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { HttpException } from '@nestjs/common';
import { jest } from '@jest/globals';
import { CqrsException, RemoteUnavailableException } from 'nestjs-cqrs';
import { escaped } from '../../../support/escaped-rejections.js';
import { until } from '../../../support/waiting.js';
import { sender } from './applications.js';
import { Ask, Refused, Rows } from './messages.js';
import { Seeded } from './seeded.js';

jest.setTimeout(120_000);

const REPLIES = Number(process.env['CQRS_REPLIES'] ?? 1000);

const seeded = new Seeded();
console.log(`The replies follow from CQRS_SEED=${seeded.seed}.`);

/** In place of an id. */
const ID = '"ID"';

interface Packet {
  readonly id?: string;
  readonly pattern: string;
  readonly data: { readonly call?: string };
}

/** A server that answers each request with the texts of the test. */
class HostileServer {
  readonly received: (Packet & { readonly socket: Socket })[] = [];
  readonly sockets = new Set<Socket>();
  answer: () => string[] = () => [];
  private readonly server = createServer(socket => {
    let buffered = '';
    this.sockets.add(socket);
    socket.setEncoding('utf8').on('error', () => undefined);
    socket.on('data', (chunk: string) => {
      buffered += chunk;
      for (let at = buffered.indexOf('#'); at > 0; at = buffered.indexOf('#')) {
        const end = at + 1 + Number(buffered.slice(0, at));
        if (buffered.length < end) return;
        this.receive(JSON.parse(buffered.slice(at + 1, end)) as Packet, socket);
        buffered = buffered.slice(end);
      }
    });
  });

  /** Without control frames. */
  get requests() {
    return this.received.filter(({ id }) => id !== undefined);
  }

  async listen(): Promise<string> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  private receive(packet: Packet, socket: Socket): void {
    this.received.push({ ...packet, socket });
    if (packet.id === undefined) return;
    for (const text of this.answer()) {
      const reply = text.replaceAll(ID, JSON.stringify(packet.id));
      socket.write(`${reply.length}#${reply}`);
    }
  }
}

let server: HostileServer;
let address: string;

beforeAll(async () => {
  server = new HostileServer();
  address = await server.listen();
});
afterAll(() => server.close());
beforeEach(() => void server.received.splice(0));

const answering = (...texts: string[]) => (server.answer = () => texts);
const last = (response: unknown): string => `{"id":${ID},"response":${JSON.stringify(response)},"isDisposed":true}`;
const reply = (response: unknown): string => `{"id":${ID},"response":${JSON.stringify(response)}}`;

const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    result => ({ result }),
    (error: unknown) => error,
  );

async function read(rows: AsyncIterable<unknown>): Promise<unknown[]> {
  const seen: unknown[] = [];
  for await (const row of rows) seen.push(row);
  return seen;
}

describe('A sender whose server is hostile', () => {
  it('fails with a typed failure, and goes on', async () => {
    const { queries } = await sender('tcp', address, 100);
    const wrong: unknown[] = [];
    for (let i = 0; i < REPLIES; i += 50) {
      const texts = Array.from({ length: 50 }, hostileReply);
      let next = 0;
      server.answer = () => [texts[next++ % texts.length]!];
      const asked = texts.flatMap((_, j) =>
        j % 2 === 0 ? [queries.ask(new Ask('x'))] : [read(queries.stream(new Rows(5)))],
      );
      const failures = await Promise.all(asked.map(failureOf));
      wrong.push(...failures.filter(failure => !(failure instanceof CqrsException)));
    }
    expect(wrong.slice(0, 5)).toEqual([]);
    answering(last({ ok: true, value: 'fine' }));
    expect(await queries.ask(new Ask('x'))).toBe('fine');
    expect(escaped).toEqual([]);
  });

  it.each([
    ['an error whose text cannot be read', `{"id":${ID},"err":{"toString":1},"isDisposed":true}`],
    ['an error of lines', `{"id":${ID},"err":"a\\nb\\u2028c","isDisposed":true}`],
    ['an answer that cannot be read', last({ ok: true, value: { $type: 'bigint', value: 'x' } })],
    ['a place with a meaning for brokers', reply({ accepted: 'x\r\n> *', call: 'y' })],
    ['nothing', `{"id":${ID},"isDisposed":true}`],
  ])('gets %s: the outcome is not known', async (_, text) => {
    answering(text);
    const { queries } = await sender('tcp', address, 1000);
    const failure = await failureOf(queries.ask(new Ask('x')));
    expect(failure).toBeInstanceOf(RemoteUnavailableException);
    expect(failure).toMatchObject({ outcome: 'unknown' });
    expect((failure as Error).message).not.toMatch(/[\n\u2028]/);
    expect(escaped).toEqual([]);
  });

  it.each([99, 1000, 'x', null, undefined, 404.5])('takes no HTTP status %p', async status => {
    const { queries } = await sender('tcp', address);
    for (const name of ['NotFoundException', 'Unlisted']) {
      answering(last({ ok: false, error: { name, message: 'm', fields: { status, response: 'r' } } }));
      const failure = await failureOf(queries.ask(new Ask('x')));
      expect(failure).not.toBeInstanceOf(HttpException);
      expect(failure).toMatchObject({ remote: { name, message: 'm' } });
    }
  });

  it('takes no message and no stack among the fields of an error', async () => {
    const fields = { message: { a: 1 }, stack: 5, name: 7, cause: 'x', since: 1 };
    answering(last({ ok: false, error: { name: 'faults.refused', message: 'm', fields } }));
    const { queries } = await sender('tcp', address);
    const failure = (await failureOf(queries.ask(new Ask('x')))) as Refused;
    expect(failure).toBeInstanceOf(Refused);
    expect([failure.message, typeof failure.stack, failure.cause, failure.since]).toEqual([
      'm',
      'string',
      undefined,
      1,
    ]);
  });

  it('gets more rows than it asked for: it fails, and keeps no more of them', async () => {
    const frames = Array.from({ length: 10 }, (_, i) => reply({ rows: Array(10).fill(i), from: i * 10 }));
    answering(reply({ accepted: 'p', call: 'c' }), ...frames);
    const { queries } = await sender('tcp', address);
    const rows = queries.stream(new Rows(5));
    expect(await rows.next()).toEqual({ done: false, value: 0 });
    await until(() => server.received.some(({ pattern }) => pattern === 'cqrs.cancel.p'));
    const failure = await failureOf(read(rows));
    expect(failure).toBeInstanceOf(RemoteUnavailableException);
  });

  it.each([
    ['rows', { rows: [5], from: 3 }],
    ['a word', { alive: true, from: 3 }],
    ['the end', { ok: true, from: 3 }],
  ])('gets %s after rows that were lost: it fails, and the rows are not taken for all', async (_, frame) => {
    answering(reply({ accepted: 'p', call: 'c' }), reply({ rows: [0, 1], from: 0 }), reply(frame));
    const { queries } = await sender('tcp', address);
    const failure = await failureOf(read(queries.stream(new Rows(5))));
    expect(failure).toMatchObject({ outcome: 'unknown' });
    expect((failure as Error).message).toContain('lost rows');
  });

  it('leaves before it is told where: it says so as soon as it knows', async () => {
    answering();
    const { queries } = await sender('tcp', address);
    const leaving = new AbortController();
    const reading = failureOf(read(queries.stream(new Rows(5), { signal: leaving.signal })));
    const asking = failureOf(queries.ask(new Ask('x'), { signal: leaving.signal }));
    await until(() => server.requests.length === 2);
    leaving.abort(new Error('left'));
    expect([await reading, await asking]).toEqual([new Error('left'), new Error('left')]);
    for (const { id, socket } of server.requests) {
      const text = reply({ accepted: 'late', call: id }).replace(ID, JSON.stringify(id));
      socket.write(`${text.length}#${text}`);
    }
    const cancelled = () => server.received.filter(({ pattern }) => pattern === 'cqrs.cancel.late');
    await until(() => cancelled().length === 2);
    expect(cancelled().map(({ data }) => data.call)).toEqual(server.requests.map(({ id }) => id));
  });

  it('shares one signal among many: no warning of listeners', async () => {
    answering();
    const { queries } = await sender('tcp', address);
    const warnings: unknown[] = [];
    const warn = (warning: Error) => void warnings.push(warning);
    process.on('warning', warn);
    const leaving = new AbortController();
    const { signal } = leaving;
    const all = Array.from({ length: 30 }, (_, i) =>
      failureOf(i % 2 === 0 ? queries.ask(new Ask('x'), { signal }) : read(queries.stream(new Rows(5), { signal }))),
    );
    await until(() => server.requests.length === 30);
    leaving.abort(new Error('left'));
    expect(await Promise.all(all)).toEqual(all.map(() => new Error('left')));
    process.off('warning', warn);
    expect(warnings).toEqual([]);
  });
});

/** Nothing that can be taken for an answer. */
function hostileReply(): string {
  const error = { name: seeded.json(), message: seeded.json(), fields: seeded.json() };
  return seeded.of<() => string>([
    () => JSON.stringify(seeded.json()),
    () =>
      `{"id":${ID},"err":${JSON.stringify(seeded.of<unknown>([{ toString: 1 }, 'x', 1, ['a'], { message: { a: 1 } }]))}}`,
    () => last(seeded.of([null, 1, 'x', [], {}, { ok: 1 }, { ok: 'true' }, { ok: false }, { rows: 5 }])),
    () => last({ ok: false, error }),
    () =>
      last({ ok: false, error: { ...error, name: seeded.of(['__proto__', 'constructor', 'Error', 'faults.ask']) } }),
    () => last({ ok: true, value: { $type: seeded.of(['bigint', 'Map', 'class', 'x']), value: 'nothing' }, from: 7 }),
    () => last({ rows: [{ $type: 'x' }], from: 0 }),
    () => last({ accepted: seeded.json(), call: seeded.json() }),
    () => last({ accepted: seeded.text(100), call: seeded.text(100) }),
    () => `{"id":${ID},"isDisposed":true}`,
    () => `{"id":"of another","response":{"ok":true,"value":1},"isDisposed":true}`,
    () => last({ ok: true, value: JSON.parse('['.repeat(500) + ']'.repeat(500)) as unknown, from: 7 }),
  ])();
}
