import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { KafkaContext, MqttContext, NatsContext, RedisContext, RmqContext, TcpContext } from '@nestjs/microservices';
import { edgeRequestOf } from '../../../lib/module/edge-request.js';

const contextOf = (type: string, ...args: unknown[]) => {
  const context = new ExecutionContextHost(args);
  context.setType(type);
  return context;
};
const request = (...[type, ...args]: Parameters<typeof contextOf>) => edgeRequestOf(contextOf(type, ...args));

const headers = { 'x-correlation-id': 'c-1' };

describe('The request behind a call over HTTP', () => {
  it('is the request itself, with its headers and response', () => {
    const [req, res] = [{ headers }, {}];
    const found = request('http', req, res)!;
    expect(found.identity).toBe(req);
    expect(found.headers).toBe(headers);
    expect(found.response).toBe(res);
  });

  it.each([[[]], [[{}]], [[undefined, undefined]]])('is none where there are no headers: %j', args => {
    expect(request('http', ...args)).toBeUndefined();
  });

  it('is undefined for an unknown kind of edge', () => {
    expect(request('necord', { headers })).toBeUndefined();
  });
});

describe('The request behind a GraphQL operation', () => {
  const operation = (context: unknown) => request('graphql', {}, {}, context, {})!;

  it.each([
    ['Apollo on Express', (req: object, res: object) => ({ req, res })],
    ['Apollo on Express, where the request has the response', (req: object, res: object) => ({ req: { ...req, res } })],
    ['another server', (req: object, res: object) => ({ request: req, res })],
    ['Mercurius', (req: object, res: object) => ({ reply: Object.assign(res, { request: req }) })],
    ['a context that is the request', (req: object, res: object) => ({ ...req, res })],
  ])('of %s has its headers and its response', (_name, contextFor) => {
    const res = {};
    const context = contextFor({ headers }, res) as { req?: object; request?: object; reply?: { request: object } };
    const found = operation(context);
    expect(found.headers).toEqual(headers);
    expect(found.response).toBe(res);
    expect(found.identity).toBe(context.req ?? context.request ?? context.reply?.request ?? context);
  });

  it('is one of its own for each operation of a connection, with what the client said when it opened it', () => {
    const req = { extra: { request: { headers } }, connectionParams: { Authorization: 'me' } };
    const context = { req };
    expect(operation(context)).toEqual({ identity: context, headers: { ...headers, authorization: 'me' } });
    expect(operation(context).identity).toBe(context);
    const upgraded = { req: { headers: { ...headers, upgrade: 'websocket' }, res: {} } };
    expect(operation(upgraded).identity).toBe(upgraded);
    expect(operation(upgraded).response).toBeUndefined();
  });

  it('has no connection parameters where there is no connection', () => {
    expect(operation({ req: { headers, connectionParams: { user: 'me' } } }).headers).toEqual(headers);
  });

  it('is found in a resolver of references, which has no arguments', () => {
    const req = { headers };
    expect(request('graphql', {}, { req }, {})!.identity).toBe(req);
  });

  it.each([undefined, null, 'context', {}])('has no headers where the context is %j', context => {
    expect(operation(context)).toMatchObject({ headers: {}, identity: {} });
  });
});

describe('The headers of a socket', () => {
  it.each([
    ['socket.io', { handshake: { headers, auth: { Token: 't' } } }, { ...headers, token: 't' }],
    ['socket.io, whose request is another', { handshake: { headers }, request: { headers: { a: 'b' } } }, headers],
    ['ws, where a gateway keeps the request', { request: { headers } }, headers],
    ['ws', {}, {}],
    ['nobody', undefined, {}],
  ])('of %s', (_name, client, expected) => {
    expect(request('ws', client, {})).toEqual({ headers: expected });
  });
});

describe('The headers of a message of a transport', () => {
  const message = (context: unknown) => request('rpc', {}, context)!.headers;
  const carried = { 'X-Tenant': 'acme' };
  const read = { 'x-tenant': 'acme' };

  it.each<[string, unknown]>([
    ['NATS', new NatsContext(['subject', new Map([['X-Tenant', ['acme']]])] as never)],
    ['TCP', new TcpContext([{} as never, 'pattern', carried] as never)],
    ['Redis', new RedisContext(['channel', carried] as never)],
    ['gRPC', { getMap: () => carried }],
    ['Kafka', new KafkaContext([{ headers: { 'X-Tenant': Buffer.from('acme') } }, 0, 't', {}, {}, {}] as never)],
    ['RabbitMQ', new RmqContext([{ properties: { headers: carried } }, {}, 'pattern'] as never)],
    ['MQTT', new MqttContext(['topic', { properties: { userProperties: carried } }] as never)],
  ])('%s', (_name, context) => {
    expect(message(context)).toEqual(read);
  });

  it('are none where nothing carries any', () => {
    for (const context of [undefined, {}, { getHeaders: () => undefined }, { getMessage: () => ({}) }])
      expect(message(context)).toEqual({});
  });

  it('are empty if their carrier is not a collection of names', () => {
    for (const headers of [null, 'text', 1, ['a', 'b'], [['a', 'b']]])
      expect(message({ getHeaders: () => headers })).toEqual({});
  });

  it('have one text each; anything else is left out', () => {
    const given = { one: ['a'], several: ['a', 'b'], none: [], number: 1, nested: { a: 1 }, nothing: null };
    expect(message({ getHeaders: () => given })).toEqual({ one: 'a' });
  });
});
