import { status, type Metadata as GrpcMetadata, Metadata } from '@grpc/grpc-js';
import { fromJSON } from '@grpc/proto-loader';
import { Controller, Inject, Module, Scope, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  BaseRpcContext,
  ClientProxyFactory,
  EventPattern,
  GrpcMethod,
  KafkaContext,
  MessagePattern,
  MqttContext,
  NatsContext,
  Payload,
  RedisContext,
  RmqContext,
  RpcException,
  Server,
  Transport,
  type ClientGrpc,
  type ClientProxy,
  type MicroserviceOptions,
} from '@nestjs/microservices';
import { defer, firstValueFrom, lastValueFrom, type Observable } from 'rxjs';
import { RecordedLog } from '../../support/application.js';
import { edge, People, TRACE, TRACE_PARENT, UUID, violations } from './people.js';
import { until } from '../../support/waiting.js';
import { freePort } from '../../support/broker-process.js';

const INVALID = { name: '', age: 1.5 };
const VALID = { name: 'Ada', age: 36 };

@Controller()
class PeopleController {
  constructor(@Inject(People) private readonly people: People) {}

  @MessagePattern('register')
  register(@Payload() data: object) {
    return this.people.register(data);
  }
  @MessagePattern('register-stream')
  registerStream(@Payload() data: object) {
    return defer(() => this.people.register(data));
  }
  @EventPattern('registered')
  async registered(@Payload() data: object) {
    await this.people.register(data);
  }
  @EventPattern('registered-stream')
  registeredStream(@Payload() data: object) {
    return this.registerStream(data);
  }
  @MessagePattern('correlations')
  async correlations() {
    return [await this.people.correlation(), await this.people.correlation()];
  }
  @MessagePattern('fail')
  fail() {
    throw new RpcException('out of order');
  }
  @GrpcMethod('PeopleService', 'Register')
  async registerGrpc(data: object) {
    return { correlation: await this.people.register(data) };
  }
}

@Controller({ scope: Scope.REQUEST })
class ScopedController {
  constructor(@Inject(People) private readonly people: People) {}

  @MessagePattern('register-scoped')
  register(@Payload() data: object) {
    return this.people.register(data);
  }
}

@Module({ imports: edge.imports, controllers: [PeopleController, ScopedController], providers: edge.providers })
class AppModule {}

let app: INestApplicationContext;
let log: RecordedLog;

async function start(options: MicroserviceOptions): Promise<void> {
  log = new RecordedLog();
  const service = await NestFactory.createMicroservice<MicroserviceOptions>(AppModule, { logger: log, ...options });
  app = service;
  await service.listen();
}

const failureOf = (answer: Observable<unknown>): Promise<unknown> =>
  lastValueFrom(answer).then(
    value => expect(value).toBe('a failure'),
    (error: unknown) => error,
  );

afterEach(() => app.close());

describe('A microservice over TCP', () => {
  let client: ClientProxy;
  let metadata: object | undefined;

  beforeEach(async () => {
    metadata = undefined;
    const options = { host: '127.0.0.1', port: await freePort() };
    await start({ transport: Transport.TCP, options });
    const serializer = { serialize: (packet: object) => ({ ...packet, metadata }) };
    client = ClientProxyFactory.create({ transport: Transport.TCP, options: { ...options, serializer } });
  });

  afterEach(() => client.close());

  const correlations = () => firstValueFrom(client.send<string[]>('correlations', {}));

  it.each(['register', 'register-stream', 'register-scoped'])(
    'answers an invalid message with its violations, and goes on (%s)',
    async pattern => {
      expect(await failureOf(client.send(pattern, INVALID))).toEqual({
        status: 'error',
        message: expect.stringContaining('"Register" is not valid: name: '),
        code: 'CQRS_VALIDATION',
        violations,
      });
      expect(await firstValueFrom(client.send(pattern, VALID))).toMatch(UUID);
      expect(log.errors).toEqual([]);
    },
  );

  it('logs an invalid event, whose sender has no answer, and goes on', async () => {
    await firstValueFrom(client.emit('registered', INVALID), { defaultValue: undefined });
    await firstValueFrom(client.emit('registered-stream', INVALID), { defaultValue: undefined });
    expect(await firstValueFrom(client.send('register', VALID))).toMatch(UUID);
    await until(() => log.warnings.length === 2);
    expect(log.warnings).toEqual([expect.stringContaining('name: '), expect.stringContaining('name: ')]);
    expect(log.errors).toEqual([]);
  });

  it('leaves other failures to Nest', async () => {
    expect(await failureOf(client.send('fail', {}))).toEqual({ status: 'error', message: 'out of order' });
  });

  it('begins a new context per message', async () => {
    const [one, other] = await Promise.all([correlations(), correlations()]);
    expect([...one, ...other]).toEqual([one[0], one[0], other[0], other[0]]);
    expect(one[0]).toMatch(UUID);
    expect(one[0]).not.toBe(other[0]);
  });

  it('begins it with the metadata of the packet', async () => {
    metadata = { 'X-Correlation-Id': 'c1' };
    expect(await correlations()).toEqual(['c1', 'c1']);
  });

  it.each([['x-correlation-id: c1'], [[['x-correlation-id', 'c1']]], [[1]], [7], [{ 'x-correlation-id': { c: 1 } }]])(
    'ignores metadata that is malformed: %j',
    async malformed => {
      metadata = malformed as object;
      const [one] = await correlations();
      expect(one).toMatch(UUID);
    },
  );
});

describe('A microservice in an application that has HTTP, too', () => {
  it('has the global filter and interceptor if it inherits them', async () => {
    const options = { host: '127.0.0.1', port: await freePort() };
    log = new RecordedLog();
    const hybrid = await NestFactory.create(AppModule, { logger: log });
    hybrid.connectMicroservice<MicroserviceOptions>({ transport: Transport.TCP, options }, { inheritAppConfig: true });
    app = hybrid;
    await hybrid.startAllMicroservices();
    const client = ClientProxyFactory.create({ transport: Transport.TCP, options });
    expect(await failureOf(client.send('register', INVALID))).toMatchObject({ code: 'CQRS_VALIDATION', violations });
    const [one, other] = await firstValueFrom(client.send<string[]>('correlations', {}));
    expect(one).toBe(other);
    await client.close();
  });
});

describe('A microservice over gRPC', () => {
  interface PeopleService {
    register(data: object, metadata?: GrpcMetadata): Observable<{ correlation: string }>;
  }
  let client: ClientGrpc & { close(): unknown };

  beforeEach(async () => {
    const person = { fields: { name: { type: 'string', id: 1 }, age: { type: 'double', id: 2 } } };
    const registered = { fields: { correlation: { type: 'string', id: 1 } } };
    const Register = { requestType: 'Person', responseType: 'Registered', comment: '' };
    const nested = { Person: person, Registered: registered, PeopleService: { methods: { Register } } };
    const packageDefinition = fromJSON({ nested: { people: { nested } } });
    const options = { package: 'people', packageDefinition, url: `127.0.0.1:${await freePort()}` };
    await start({ transport: Transport.GRPC, options });
    client = ClientProxyFactory.create({ transport: Transport.GRPC, options }) as typeof client;
  });

  afterEach(() => client.close());

  const people = () => client.getService<PeopleService>('PeopleService');

  it('answers an invalid message with INVALID_ARGUMENT and what is wrong', async () => {
    expect(await failureOf(people().register(INVALID))).toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: expect.stringContaining('"Register" is not valid: name: '),
    });
    expect(await firstValueFrom(people().register(VALID))).toEqual({ correlation: expect.stringMatching(UUID) });
  });

  it('begins the context with the metadata of the call', async () => {
    const metadata = new Metadata();
    metadata.set('X-Correlation-Id', 'c1');
    expect(await firstValueFrom(people().register(VALID, metadata))).toEqual({ correlation: 'c1' });
    const traced = new Metadata();
    traced.set('traceparent', TRACE_PARENT);
    expect(await firstValueFrom(people().register(VALID, traced))).toEqual({ correlation: TRACE });
  });
});

/** A transport in this process: hands on the contexts that the transports of Nest make. */
class ContextServer extends Server {
  listen(callback: () => void): void {
    callback();
  }
  close(): void {}
  on(): void {}
  unwrap<T>(): T {
    return this as unknown as T;
  }
  async receive<T>(pattern: string, data: unknown, context: unknown): Promise<T> {
    const handler = this.getHandlerByPattern(pattern)!;
    return lastValueFrom(this.transformToObservable(await handler(data, context))) as Promise<T>;
  }
}

describe('The context of a message', () => {
  const packet = (properties: object) => ({ cmd: 'publish', properties });
  const none = undefined as never;
  const NAME = 'X-Correlation-Id';

  it.each<[string, unknown]>([
    ['NATS', new NatsContext(['people', new Map([[NAME, ['c1']]])])],
    ['Kafka', new KafkaContext([{ headers: { [NAME]: Buffer.from('c1') } } as never, 0, 'people', none, none, none])],
    ['Kafka, parsed', new KafkaContext([{ headers: { [NAME]: 'c1' } } as never, 0, 'people', none, none, none])],
    ['RabbitMQ', new RmqContext([{ properties: { headers: { [NAME]: 'c1' } } }, {}, 'people'])],
    ['MQTT 5', new MqttContext(['people', packet({ userProperties: { [NAME]: 'c1' } })])],
    ['Redis', new RedisContext(['people', { [NAME]: 'c1' }])],
  ])('begins with the headers that %s carries', async (_transport, context) => {
    const server = new ContextServer();
    await start({ strategy: server });
    expect(await server.receive('correlations', {}, context)).toEqual(['c1', 'c1']);
  });

  it.each<[string, unknown]>([
    ['NATS', new NatsContext(['people', undefined])],
    ['Kafka', new KafkaContext([{ value: 1 } as never, 0, 'people', none, none, none])],
    ['RabbitMQ', new RmqContext([{ properties: {} }, {}, 'people'])],
    ['MQTT 4', new MqttContext(['people', { cmd: 'publish' }])],
    ['Redis', new RedisContext(['people'] as never)],
    ['a transport that knows none', new BaseRpcContext([])],
    ['a transport without a context', undefined],
  ])('is new without headers: %s', async (_transport, context) => {
    const server = new ContextServer();
    await start({ strategy: server });
    const [one, other] = await server.receive<string[]>('correlations', {}, context);
    expect(one).toMatch(UUID);
    expect(other).toBe(one);
    await expect(server.receive('register', INVALID, context)).rejects.toMatchObject({ code: 'CQRS_VALIDATION' });
  });
});
