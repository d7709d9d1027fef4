import { Controller, Injectable, Module, type INestApplicationContext } from '@nestjs/common';
import { LazyModuleLoader, NestFactory } from '@nestjs/core';
import {
  ClientsModule,
  ClientTCP,
  MessagePattern,
  Payload,
  ServerTCP,
  Transport,
  type ClientProxy,
  type CustomStrategy,
} from '@nestjs/microservices';
import {
  at,
  CqrsModule,
  DispatchTimeoutException,
  expose,
  header,
  Middleware,
  RemoteException,
  RemoteUnavailableException,
  route,
  Wiring,
  type CqrsMiddleware,
  type CqrsModuleOptions,
  type MiddlewareFunction,
  type Next,
} from 'nestjs-cqrs';
import { microservice, microserviceServer } from 'nestjs-cqrs/microservices';
import { MemoryRemote, scenario } from 'nestjs-cqrs/testing';
import { firstValueFrom } from 'rxjs';
import { busesOf, codesOf, start } from '../../support/application.js';
import { freePort } from '../../support/broker-process.js';
import { quiet, until } from '../../support/waiting.js';
import { billed, Billing, CardDeclined, Charge, ListInvoices, OrderPlaced } from './remote/billing.js';

beforeEach(() => {
  billed.orders.length = 0;
  billed.contexts.length = 0;
});

describe('the three steps, over TCP', () => {
  let apps: INestApplicationContext[] = [];
  afterEach(async () => {
    for (const app of apps.splice(0)) await app.close();
  });

  it('let another process handle a command, answer rows and an event', async () => {
    const port = await freePort();
    // #region expose
    const server = microserviceServer('billing', new ServerTCP({ host: '127.0.0.1', port }));

    @Module({
      imports: [CqrsModule.forRoot({ expose: [expose(Charge, ListInvoices, OrderPlaced).on(server)] })],
      providers: [Billing],
    })
    class BillingModule {}

    const service = await NestFactory.createApplicationContext(BillingModule);
    // #endregion
    // #region route
    const billing = microservice('billing', new ClientTCP({ host: '127.0.0.1', port }));

    @Module({
      imports: [CqrsModule.forRoot({ routes: [route('billing.*').to(billing), route(OrderPlaced).to(billing)] })],
    })
    class ShopModule {}
    // #endregion
    const app = await NestFactory.createApplicationContext(ShopModule);
    apps = [app, service];
    const { commands, queries, events } = busesOf(app);
    // #region send
    const { paymentId, paidAt } = await commands.execute(new Charge('ada', 1200n));
    // #endregion
    expect([paymentId, paidAt]).toEqual(['ada-1200', new Date(0)]);
    // #region read-rows
    const due: Date[] = [];
    for await (const invoice of queries.stream(new ListInvoices(2030))) {
      due.push(invoice.due);
      if (invoice.number === 3) break; // ends the source in the other process
    }
    // #endregion
    expect(app.get(Wiring).toText()).toBe(
      'Events\n  OrderPlaced → billing (tcp)\nElsewhere\n  billing.* → billing (tcp)',
    );
    expect(service.get(Wiring).toText()).toContain('Charge → Billing.charge (BillingModule), exposed on billing (tcp)');
    expect(due).toEqual([1, 2, 3].map(day => new Date(Date.UTC(2030, 0, day))));
    await events.publish(new OrderPlaced('o-1'));
    expect(billed.orders).toEqual(['o-1']);
  });
});

describe('beside controllers, over TCP', () => {
  let apps: INestApplicationContext[] = [];
  afterEach(async () => {
    for (const app of apps.splice(0)) await app.close();
  });

  @Controller()
  class PlainController {
    @MessagePattern('plain')
    answer(@Payload() text: string): string {
      return `plain ${text}`;
    }
  }

  const sendTo = async (port: number) => {
    const billing = microservice('billing', new ClientTCP({ host: '127.0.0.1', port }));
    const { app, commands } = await start({
      imports: [CqrsModule.forRoot({ routes: [route('billing.*').to(billing)] })],
    });
    apps.unshift(app);
    const client = new ClientTCP({ host: '127.0.0.1', port });
    apps.unshift({ close: async () => client.close() } as any);
    return [await commands.execute(new Charge('ada', 1n)), await firstValueFrom(client.send('plain', 'text'))];
  };

  const ANSWERS = [{ paymentId: 'ada-1', paidAt: new Date(0) }, 'plain text'];

  it('serves both in a hybrid application', async () => {
    const port = await freePort();
    // #region hybrid
    const strategy = new ServerTCP({ host: '127.0.0.1', port });
    const server = microserviceServer('billing', strategy, { listen: false });

    @Module({
      imports: [CqrsModule.forRoot({ expose: [expose(Charge).on(server)] })],
      controllers: [PlainController],
      providers: [Billing],
    })
    class BillingModule {}

    const app = await NestFactory.create(BillingModule);
    app.connectMicroservice<CustomStrategy>({ strategy });
    await app.init(); // before the microservices start
    await app.startAllMicroservices();
    await app.listen(0);
    // #endregion
    apps = [app];
    expect(await sendTo(port)).toEqual(ANSWERS);
  });

  it('says so where the server would listen too early', async () => {
    const strategy = new ServerTCP({ host: '127.0.0.1', port: await freePort() });
    const server = microserviceServer('billing', strategy, { listen: false });
    const imports = [CqrsModule.forRoot({ expose: [expose(Charge).on(server)] })];
    const app = await NestFactory.create({ module: class {}, imports, providers: [Billing] }, { logger: false });
    apps = [app];
    app.connectMicroservice<CustomStrategy>({ strategy });
    await expect(app.startAllMicroservices()).rejects.toMatchObject({ code: 'CQRS_LISTENS_TOO_EARLY' });
  });

  it('serves both in a microservice', async () => {
    const port = await freePort();
    const strategy = new ServerTCP({ host: '127.0.0.1', port });
    const server = microserviceServer('billing', strategy, { listen: false });
    const imports = [CqrsModule.forRoot({ expose: [expose(Charge).on(server)] })];
    const BillingModule = { module: class {}, imports, controllers: [PlainController], providers: [Billing] };
    // #region create-microservice
    const app = await NestFactory.createMicroservice<CustomStrategy>(BillingModule, { strategy });
    await app.listen();
    // #endregion
    apps = [app];
    expect(await sendTo(port)).toEqual(ANSWERS);
  });

  it('sends over a client that Nest injects', async () => {
    const port = await freePort();
    const server = microserviceServer('billing', new ServerTCP({ host: '127.0.0.1', port }));
    const service = await start({
      imports: [CqrsModule.forRoot({ expose: [expose(Charge).on(server)] })],
      providers: [Billing],
    });
    // #region injected
    const clients = ClientsModule.register([
      { name: 'BILLING', transport: Transport.TCP, options: { host: '127.0.0.1', port } },
    ]);

    @Module({
      imports: [
        CqrsModule.forRootAsync({
          imports: [clients],
          inject: ['BILLING'],
          useFactory: (client: ClientProxy) => ({
            routes: [route('billing.*').to(microservice('billing', client))],
          }),
        }),
      ],
    })
    class ShopModule {}
    // #endregion
    const { app, commands } = await start({ imports: [ShopModule] });
    apps = [app, service.app];
    expect(await commands.execute(new Charge('ada', 1n))).toEqual(ANSWERS[0]);
  });
});

describe('docs/remote.md', () => {
  const remote = new MemoryRemote('billing');

  const service = (options: CqrsModuleOptions = {}, providers: any[] = [Billing]) =>
    start({
      imports: [
        CqrsModule.forRoot({
          expose: [expose(Charge, ListInvoices, OrderPlaced).on(remote.server())],
          messages: [CardDeclined],
          ...options,
        }),
      ],
      providers,
    });

  const sender = (options: CqrsModuleOptions = {}, providers: any[] = []) =>
    start({
      imports: [
        CqrsModule.forRoot({
          routes: [route('billing.*', OrderPlaced).to(remote.transport())],
          messages: [CardDeclined],
          ...options,
        }),
      ],
      providers,
    });

  it('tests two applications without a network', async () => {
    // #region memory
    const remote = new MemoryRemote('billing');
    const service = await start({
      imports: [CqrsModule.forRoot({ expose: [expose(Charge).on(remote.server())] })],
      providers: [Billing],
    });
    const shop = await start({
      imports: [CqrsModule.forRoot({ routes: [route('billing.*').to(remote.transport())] })],
    });

    expect(await shop.commands.execute(new Charge('ada', 1200n))).toMatchObject({ paymentId: 'ada-1200' });
    // #endregion
    await shop.app.close();
    await service.app.close();
  });

  it('keeps a message whose name a route has, where a handler is here', async () => {
    const { app } = await sender({}, [Billing]);
    await scenario(app)
      .when(new Charge('ada', 1n))
      .answers({ paymentId: 'ada-1', paidAt: new Date(0) });
  });

  it('refuses a route of a class that is handled here, and two routes of one class', async () => {
    const twice = [route(Charge).to(remote.transport()), route(Charge).to(remote.transport())];
    expect(await codesOf({ imports: [CqrsModule.forRoot({ routes: twice })], providers: [Billing] })).toEqual(
      expect.arrayContaining(['CQRS_ROUTE_OF_HANDLED', 'CQRS_ROUTE_TWICE']),
    );
  });

  it('refuses to expose what nothing handles, unless a lazily loaded module brings it', async () => {
    const expose1 = expose(Charge).on(remote.server());
    expect(await codesOf({ imports: [CqrsModule.forRoot({ expose: [expose1] })] })).toEqual([
      'CQRS_EXPOSED_WITHOUT_HANDLER',
    ]);
    const server = remote.server();
    // #region lazy
    const exposed = expose(Charge).on(server, { lazy: true });
    // #endregion
    const { app } = await service({ expose: [exposed] }, []);
    const { commands } = await sender();
    await expect(commands.execute(new Charge('ada', 1n))).rejects.toMatchObject({
      outcome: 'not-handled',
      cause: { code: 'CQRS_HANDLER_NOT_FOUND' },
    });
    @Module({ imports: [CqrsModule], providers: [Billing] })
    class BillingModule {}
    await app.get(LazyModuleLoader).load(() => BillingModule);
    expect(await commands.execute(new Charge('ada', 1n))).toMatchObject({ paymentId: 'ada-1' });
  });

  it('shows where messages go', async () => {
    const { app } = await sender({ routes: [route(Charge).to(remote.transport())] });
    expect(app.get(Wiring).toText()).toBe('Commands\n  Charge → billing (memory)');
  });

  it('revives errors that both processes list; others are RemoteException', async () => {
    await service();
    const { commands } = await sender();
    // #region catch
    const answer = await commands.execute(new Charge('declined', 1n)).catch((error: unknown) => {
      if (error instanceof CardDeclined) return `not before ${error.until.toISOString()}`;
      throw error;
    });
    // #endregion
    expect(answer).toBe('not before 1970-01-01T00:00:00.000Z');
    const other = (await commands
      .execute(new Charge('broken', 1n))
      .catch((error: unknown) => error)) as RemoteException;
    expect(other).toBeInstanceOf(RemoteException);
    expect(other.remote).toEqual({ name: 'RangeError', message: 'odd', code: undefined });
  });

  it('believes some headers, and tells some errors', async () => {
    const tenant = header<string>('tenant');
    const role = header<string>('role');
    const server = remote.server();
    // #region trust
    const exposed = expose(Charge).on(server, { headers: ['tenant'], failures: 'listed' });
    // #endregion
    await service({ expose: [exposed] });
    const { commands } = await sender();
    const said = { correlationId: 'c', causationId: 'm', headers: { ...tenant.of('acme'), ...role.of('admin') } };
    await commands.execute(new Charge('ada', 1n), said);
    const { correlationId, causationId, headers } = billed.contexts[0]!;
    expect({ correlationId, causationId }).toEqual({ correlationId: 'c', causationId: 'm' });
    expect([tenant.in(headers), role.in(headers)]).toEqual(['acme', undefined]);
    await expect(commands.execute(new Charge('broken', 1n))).rejects.toMatchObject({
      remote: { name: 'Error', message: 'Internal error' },
    });
    await expect(commands.execute(new Charge('declined', 1n))).rejects.toBeInstanceOf(CardDeclined);
  });

  it('sends an event to every process that a route names, and to the handlers of this one', async () => {
    const other = new MemoryRemote('archive');
    await service();
    await start({
      imports: [CqrsModule.forRoot({ expose: [expose(OrderPlaced).on(other.server())] })],
      providers: [Billing],
    });
    const routes = [route(OrderPlaced).to(remote.transport()), route('orders.*').to(other.transport())];
    const { events } = await sender({ routes }, [Billing]);
    await events.publish(new OrderPlaced('o-1'));
    expect(billed.orders).toEqual(['o-1', 'o-1', 'o-1']);
  });

  it('ends the source of rows with the signal of the reader', async () => {
    await service();
    const { queries } = await sender();
    const reader = new AbortController();
    const rows = queries.stream(new ListInvoices(2030), { signal: reader.signal });
    const read = async () => {
      for await (const { number } of rows) if (number === 5) reader.abort(new Error('left'));
    };
    await expect(read()).rejects.toThrow('left');
    expect(billed.rows).toBeLessThan(200);
  });

  it('answers what runs while it closes, and refuses the rest', async () => {
    const { app } = await service({ shutdown: { timeout: 5_000 } });
    const { commands } = await sender();
    const caller = new AbortController();
    const running = commands.execute(new Charge('slow', 1n), { signal: caller.signal });
    await until(() => billed.contexts.length === 1);
    const closed = app.close();
    await quiet();
    const refused = await commands.execute(new Charge('ada', 2n)).catch((error: unknown) => error);
    expect(refused).toMatchObject({ outcome: 'not-handled', cause: { code: 'CQRS_BUS_CLOSED' } });
    caller.abort(new Error('left'));
    await expect(running).rejects.toThrow('left');
    await closed;
    expect(billed.contexts).toHaveLength(1);
  });

  it('tells the publisher that an event could not be carried', async () => {
    const { events } = await sender();
    // #region collect
    const { failures } = await events.publish(new OrderPlaced('o-1'), { onError: 'collect' });
    // #endregion
    expect(failures).toEqual([
      expect.objectContaining({ error: expect.objectContaining({ service: 'billing', outcome: 'not-handled' }) }),
    ]);
  });

  it('limits and cancels in both processes', async () => {
    await service();
    const { commands } = await sender();
    // #region limit
    const charged = commands.execute(new Charge('slow', 1n), { timeout: 100 });
    // #endregion
    await expect(charged).rejects.toBeInstanceOf(DispatchTimeoutException);
    await billed.aborted;
    const caller = new AbortController();
    const later = commands.execute(new Charge('slow', 2n), { signal: caller.signal });
    await until(() => billed.contexts.length === 2);
    caller.abort(new Error('left'));
    await expect(later).rejects.toThrow('left');
    await billed.aborted;
  });

  it('gives up after the timeout of the route', async () => {
    await service();
    const { commands } = await sender({ routes: [route('billing.*').to(remote.transport(), { timeout: 50 })] });
    const failure = await commands.execute(new Charge('slow', 1n)).catch((error: unknown) => error);
    // Both processes have the limit; on a busy machine the other one may notice first.
    expect(['CQRS_REMOTE_UNAVAILABLE', 'CQRS_TIMEOUT']).toContain((failure as RemoteUnavailableException).code);
    expect((failure as RemoteUnavailableException).outcome).not.toBe('not-handled');
  });

  it('says not-handled when no process is there', async () => {
    const { commands } = await sender();
    // #region retry
    const retrying: MiddlewareFunction = async (message, next) => {
      try {
        return await next(message);
      } catch (error) {
        if (error instanceof RemoteUnavailableException && error.outcome === 'not-handled') return next(message);
        throw error; // 'unknown': a handler may have run
      }
    };
    // #endregion
    await expect(commands.execute(new Charge('ada', 1n))).rejects.toMatchObject({ outcome: 'not-handled' });
    const again = await sender({ commands: { middleware: [at(retrying, 'send')] } });
    await expect(again.commands.execute(new Charge('ada', 1n))).rejects.toBeInstanceOf(RemoteUnavailableException);
  });

  it('runs middleware where it says', async () => {
    const ran: string[] = [];
    @Injectable()
    class Database {
      transaction<T>(run: () => Promise<T>): Promise<T> {
        ran.push('transaction');
        return run();
      }
    }
    const timing: MiddlewareFunction = (message, next) => {
      ran.push('timing');
      return next(message);
    };
    const retry: MiddlewareFunction = (message, next) => {
      ran.push('retry');
      return next(message);
    };

    // #region place-class
    @Middleware({ at: ['handle'] })
    @Injectable()
    class TransactionMiddleware implements CqrsMiddleware {
      constructor(private readonly database: Database) {}

      intercept(message: object, next: Next) {
        return this.database.transaction(() => next(message));
      }
    }
    // #endregion
    // #region place-list
    const options: CqrsModuleOptions = { middleware: [timing, at(retry, 'send')] };
    // #endregion
    await service(options, [Billing, Database, TransactionMiddleware]);
    const { commands } = await sender(options, [Database, TransactionMiddleware]);
    await commands.execute(new Charge('ada', 1n));
    expect(ran).toEqual(['timing', 'retry', 'timing', 'transaction']);
    ran.length = 0;
    const { commands: local } = await start({
      imports: [CqrsModule.forRoot(options)],
      providers: [Billing, Database, TransactionMiddleware],
    });
    await local.execute(new Charge('ada', 1n));
    expect(ran).toEqual(['timing', 'retry', 'transaction']);
  });
});
