import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Inject, UseFilters, UseInterceptors, type INestApplication, type Type } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { Test } from '@nestjs/testing';
import {
  Ack,
  MessageBody,
  SubscribeMessage,
  WebSocketGateway,
  WsException,
  type OnGatewayConnection,
} from '@nestjs/websockets';
import { defer } from 'rxjs';
import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';
import { WebSocket } from 'ws';
import { CommandBus, HttpContextInterceptor, MessageValidationFilter } from '../../../lib/index.js';
import { RecordedLog } from '../../support/application.js';
import { edge, People, Register, TRACE, TRACE_PARENT, UUID, violations } from './people.js';

const INVALID = { name: '', age: 1.5 };
const VALID = { name: 'Ada', age: 36 };

/** What both kinds of clients are told of `INVALID`. */
const ERROR = {
  status: 'error',
  message: expect.stringContaining('"Register" is not valid: name: ') as string,
  code: 'CQRS_VALIDATION',
  violations,
};

/** Nest binds nothing to gateways that is global: they say it themselves. */
@UseFilters(MessageValidationFilter)
@UseInterceptors(HttpContextInterceptor)
class PeopleMessages {
  constructor(@Inject(People) readonly people: People) {}

  @SubscribeMessage('register')
  async register(@MessageBody() data: object) {
    return { event: 'registered', data: await this.people.register(data) };
  }
  @SubscribeMessage('register-stream')
  registerStream(@MessageBody() data: object) {
    return defer(() => this.register(data));
  }
  @SubscribeMessage('correlations')
  async correlations() {
    return { event: 'correlations', data: [await this.people.correlation(), await this.people.correlation()] };
  }
  @SubscribeMessage('fail')
  fail() {
    throw new WsException('out of order');
  }
}

@WebSocketGateway()
class PeopleGateway extends PeopleMessages {
  @SubscribeMessage('ask')
  ask(@MessageBody() data: object) {
    return this.people.register(data);
  }
  @SubscribeMessage('ask-manually')
  async askManually(@MessageBody() data: object, @Ack() acknowledge: (answer: unknown) => void) {
    acknowledge(await this.people.register(data));
  }
}

@WebSocketGateway()
class ForgetfulGateway extends PeopleMessages {}

// #region gateway
@UseFilters(MessageValidationFilter)
@UseInterceptors(HttpContextInterceptor)
@WebSocketGateway()
class RegistrationGateway implements OnGatewayConnection {
  constructor(@Inject(CommandBus) private readonly commands: CommandBus) {}

  // A client of ws does not know the request that opened it, one of socket.io does.
  handleConnection(client: WebSocket & { request?: IncomingMessage }, request: IncomingMessage) {
    client.request = request;
  }

  @SubscribeMessage('register')
  async register(@MessageBody() { name, age }: Register) {
    const data = await this.commands.execute(new Register(name, age), { fromOutside: true });
    return { event: 'registered', data };
  }
}
// #endregion

let app: INestApplication;
let port: number;
let log: RecordedLog;

async function start(gateway: Type, Adapter: typeof IoAdapter | typeof WsAdapter): Promise<void> {
  log = new RecordedLog();
  const moduleRef = await Test.createTestingModule({
    imports: edge.imports,
    providers: [...edge.providers, gateway],
  }).compile();
  app = moduleRef.createNestApplication({ logger: log });
  app.useWebSocketAdapter(new Adapter(app));
  await app.listen(0, '127.0.0.1');
  port = (app.getHttpServer().address() as AddressInfo).port;
}

const MESSAGES = ['register', 'register-stream'];

describe('A gateway of socket.io', () => {
  const sockets: Socket[] = [];

  beforeEach(() => start(PeopleGateway, IoAdapter));
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.disconnect();
    await app.close();
  });

  async function connect(options: Partial<ManagerOptions & SocketOptions> = {}): Promise<Socket> {
    const socket = io(`http://127.0.0.1:${port}`, { transports: ['websocket'], forceNew: true, ...options });
    sockets.push(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('connect_error', reject);
    });
    return socket;
  }

  const answer = (socket: Socket, event: string): Promise<unknown> =>
    new Promise(resolve => void socket.once(event, resolve));

  async function correlations(socket: Socket): Promise<string[]> {
    const answered = answer(socket, 'correlations');
    socket.emit('correlations', {});
    return (await answered) as string[];
  }

  it.each(MESSAGES)('tells the client of an invalid message, and goes on (%s)', async message => {
    const socket = await connect();
    const told = answer(socket, 'exception');
    socket.emit(message, INVALID);
    expect(await told).toEqual({ ...ERROR, cause: { pattern: message, data: INVALID } });
    const registered = answer(socket, 'registered');
    socket.emit(message, VALID);
    expect(await registered).toMatch(UUID);
    expect(log.errors).toEqual([]);
  });

  it.each(['ask', 'ask-manually'])('acknowledges an invalid message that the client waits for (%s)', async message => {
    const socket = await connect();
    const told = answer(socket, 'exception');
    expect(await socket.emitWithAck(message, INVALID)).toEqual(ERROR);
    expect(await told).toEqual({ ...ERROR, cause: { pattern: message, data: INVALID } });
    expect(await socket.emitWithAck(message, VALID)).toMatch(UUID);
  });

  it('leaves other failures to Nest', async () => {
    const socket = await connect();
    const told = answer(socket, 'exception');
    socket.emit('fail', {});
    expect(await told).toMatchObject({ status: 'error', message: 'out of order' });
  });

  it('begins a context per message with the headers of the handshake', async () => {
    expect(await correlations(await connect({ extraHeaders: { 'x-correlation-id': 'c1' } }))).toEqual(['c1', 'c1']);
    expect(await correlations(await connect({ extraHeaders: { traceparent: TRACE_PARENT } }))).toEqual([TRACE, TRACE]);
  });

  it('begins it with what the client says as auth: browsers set no headers', async () => {
    expect(await correlations(await connect({ auth: { 'X-Correlation-Id': 'c1' } }))).toEqual(['c1', 'c1']);
  });

  it('begins a new one per message where the handshake says nothing', async () => {
    const socket = await connect();
    const [one] = await correlations(socket);
    const [other, again] = await correlations(socket);
    expect([one, other]).toEqual([expect.stringMatching(UUID), expect.stringMatching(UUID)]);
    expect(other).toBe(again);
    expect(one).not.toBe(other);
  });
});

describe('A gateway of ws', () => {
  const sockets: WebSocket[] = [];

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.terminate();
    await app.close();
  });

  async function connect(headers: Record<string, string> = {}): Promise<WebSocket> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}`, { headers });
    sockets.push(socket);
    await once(socket, 'open');
    return socket;
  }

  /** The next message to a client after it has sent one. */
  async function send(socket: WebSocket, event: string, data: object): Promise<{ event: string; data: unknown }> {
    const answered = once(socket, 'message');
    socket.send(JSON.stringify({ event, data }));
    const [bytes] = (await answered) as [Buffer];
    return JSON.parse(bytes.toString()) as { event: string; data: unknown };
  }

  const correlations = async (socket: WebSocket) => (await send(socket, 'correlations', {})).data as string[];

  it.each(MESSAGES)('tells the client of an invalid message, and goes on (%s)', async message => {
    await start(ForgetfulGateway, WsAdapter);
    const socket = await connect();
    expect(await send(socket, message, INVALID)).toEqual({
      event: 'exception',
      data: { ...ERROR, cause: { pattern: message, data: INVALID } },
    });
    expect(await send(socket, message, VALID)).toEqual({ event: 'registered', data: expect.stringMatching(UUID) });
    expect(log.errors).toEqual([]);
  });

  it('goes on if the client has left', async () => {
    await start(ForgetfulGateway, WsAdapter);
    const socket = await connect();
    socket.send(JSON.stringify({ event: 'register', data: INVALID }));
    socket.terminate();
    const { event } = await send(await connect(), 'register', VALID);
    expect(event).toBe('registered');
    expect(log.errors).toEqual([]);
  });

  it('leaves other failures to Nest', async () => {
    await start(ForgetfulGateway, WsAdapter);
    const answer = await send(await connect(), 'fail', {});
    expect(answer).toMatchObject({ event: 'exception', data: { status: 'error', message: 'out of order' } });
  });

  it('begins a new context per message', async () => {
    await start(ForgetfulGateway, WsAdapter);
    const socket = await connect({ 'x-correlation-id': 'c1' });
    const [one] = await correlations(socket);
    const [other, again] = await correlations(socket);
    expect([one, other]).toEqual([expect.stringMatching(UUID), expect.stringMatching(UUID)]);
    expect(other).toBe(again);
    expect(one).not.toBe(other);
  });

  it('begins it with the headers of the request that the gateway keeps', async () => {
    await start(RegistrationGateway, WsAdapter);
    const register = async (headers: Record<string, string>) => send(await connect(headers), 'register', VALID);
    expect(await register({ 'x-correlation-id': 'c1' })).toEqual({ event: 'registered', data: 'c1' });
    expect(await register({ traceparent: TRACE_PARENT })).toEqual({ event: 'registered', data: TRACE });
  });
});
