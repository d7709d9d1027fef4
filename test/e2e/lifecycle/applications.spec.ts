import { Body, Controller, Get, Injectable, Module, Post, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClientProxyFactory, MessagePattern, Transport, type ClientProxy } from '@nestjs/microservices';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:net';
import { firstValueFrom } from 'rxjs';
import request from 'supertest';
import {
  Command,
  CommandBus,
  CommandHandler,
  CqrsModule,
  Event,
  EventBus,
  EventsHandler,
  type Next,
  Query,
  QueryBus,
  QueryHandler,
} from '../../../lib/index.js';

class Add extends Command<number> {
  constructor(readonly amount: number) {
    super();
  }
}
class Total extends Query<number> {}
class Added extends Event {}

@Injectable()
class Ledger {
  total = 0;
  events = 0;

  constructor(readonly bus: EventBus) {}

  @CommandHandler(Add)
  async add({ amount }: Add) {
    this.total += amount;
    await this.bus.publish(new Added());
    return this.total;
  }
  @QueryHandler(Total)
  sum() {
    return this.total;
  }
  @EventsHandler(Added)
  onAdded() {
    this.events += 1;
  }
}

@Controller()
class LedgerController {
  constructor(
    readonly commands: CommandBus,
    readonly queries: QueryBus,
  ) {}

  @Post('add')
  add(@Body() { amount }: { amount: number }) {
    return this.commands.execute(new Add(amount)).then(total => ({ total }));
  }
  @Get('total')
  total() {
    return this.queries.ask(new Total()).then(total => ({ total }));
  }
  @MessagePattern('add')
  addByMessage({ amount }: { amount: number }) {
    return this.commands.execute(new Add(amount));
  }
}

@Module({ imports: [CqrsModule.forRoot()], providers: [Ledger], controllers: [LedgerController] })
class AppModule {}

const open: { close(): unknown }[] = [];
const closing = <T extends { close(): unknown }>(closable: T): T => (open.push(closable), closable);

afterEach(async () => {
  for (const closable of open.splice(0).toReversed()) await closable.close();
});

const freePort = async (): Promise<number> => {
  const server: Server = createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise(resolve => server.close(resolve));
  return port;
};

const tcp = (port: number) => ({ transport: Transport.TCP as const, options: { host: '127.0.0.1', port } });
const send = (client: ClientProxy, amount: number) => firstValueFrom(client.send<number>('add', { amount }));
const eventsOf = (app: INestApplicationContext) => app.get(Ledger, { strict: false }).events;

describe('An HTTP application', () => {
  it.each([
    ['express', () => NestFactory.create(AppModule, { logger: false })],
    ['fastify', () => NestFactory.create(AppModule, new FastifyAdapter(), { logger: false })],
  ])('on %s dispatches from its controllers', async (_platform, create) => {
    const app = closing(await create());
    await app.listen(0, '127.0.0.1');
    const url = await app.getUrl();
    await request(url).post('/add').send({ amount: 2 }).expect(201, { total: 2 });
    await request(url).post('/add').send({ amount: 3 }).expect(201, { total: 5 });
    await request(url).get('/total').expect(200, { total: 5 });
    expect(eventsOf(app)).toBe(2);
  });

  it('whose init() is called twice, and then listen(), runs each handler once', async () => {
    const app = closing(await NestFactory.create(AppModule, { logger: false }));
    await app.init();
    await app.init();
    await app.listen(0, '127.0.0.1');
    await request(await app.getUrl())
      .post('/add')
      .send({ amount: 2 })
      .expect(201, { total: 2 });
    expect(eventsOf(app)).toBe(1);
  });
});

describe('A microservice', () => {
  it('dispatches from its message handlers, each event handler running once though init() runs twice', async () => {
    const port = await freePort();
    const app = closing(await NestFactory.createMicroservice(AppModule, { logger: false, ...tcp(port) }));
    await app.init();
    await app.listen();
    const client = closing(ClientProxyFactory.create(tcp(port)));
    expect(await send(client, 2)).toBe(2);
    expect(await send(client, 3)).toBe(5);
    expect(eventsOf(app)).toBe(2);
  });
});

describe('A hybrid application', () => {
  it('serves HTTP and messages with one set of buses, each handler running once', async () => {
    const port = await freePort();
    const app = closing(await NestFactory.create(AppModule, { logger: false }));
    app.connectMicroservice(tcp(port), { inheritAppConfig: true });
    await app.startAllMicroservices();
    await app.listen(0, '127.0.0.1');
    const client = closing(ClientProxyFactory.create(tcp(port)));
    expect(await send(client, 2)).toBe(2);
    await request(await app.getUrl())
      .post('/add')
      .send({ amount: 3 })
      .expect(201, { total: 5 });
    expect(eventsOf(app)).toBe(2);
  });
});

describe('A standalone context', () => {
  it('dispatches as soon as it is there', async () => {
    const app = closing(await NestFactory.createApplicationContext(AppModule, { logger: false }));
    expect(await app.get(CommandBus).execute(new Add(2))).toBe(2);
    expect(await app.get(QueryBus).ask(new Total())).toBe(2);
    expect(eventsOf(app)).toBe(1);
  });

  it('registers handlers once when init() is called again', async () => {
    const app = closing(await NestFactory.createApplicationContext(AppModule, { logger: false }));
    await app.init();
    await app.get(CommandBus).execute(new Add(2));
    expect(eventsOf(app)).toBe(1);
  });
});

describe('Several applications in one process', () => {
  const create = () => NestFactory.createApplicationContext(AppModule, { logger: false });

  it('share nothing', async () => {
    const [one, other] = await Promise.all([create(), create()]);
    closing(one);
    closing(other);
    expect(one.get(CommandBus)).not.toBe(other.get(CommandBus));
    await one.get(CommandBus).execute(new Add(2));
    expect([await one.get(QueryBus).ask(new Total()), await other.get(QueryBus).ask(new Total())]).toEqual([2, 0]);
    expect([eventsOf(one), eventsOf(other)]).toEqual([1, 0]);
  });

  it('go on when one of them closes', async () => {
    const [one, other] = await Promise.all([create(), create()]);
    closing(other);
    await one.close();
    expect(await other.get(CommandBus).execute(new Add(2))).toBe(2);
  });

  it('may have different options', async () => {
    const twice = async (message: object, next: Next) => Number(await next(message)) * 2;
    @Module({ imports: [CqrsModule.forRoot({ commands: { middleware: [twice] } })], providers: [Ledger] })
    class DoublingModule {}
    const plain = closing(await create());
    const doubling = closing(await NestFactory.createApplicationContext(DoublingModule, { logger: false }));
    expect(await plain.get(CommandBus).execute(new Add(2))).toBe(2);
    expect(await doubling.get(CommandBus).execute(new Add(2))).toBe(4);
  });
});
