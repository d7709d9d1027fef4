import { Saga, type ICommand } from '../../../lib/index.js';
import {
  Command,
  CommandBus,
  CommandHandler,
  CqrsModule,
  Event,
  EventsHandler,
  expose,
  header,
  Message,
  MessageContext,
  Query,
  QueryBus,
  QueryHandler,
  QuerySideEffectException,
  RemoteUnavailableException,
  route,
  Wiring,
  type CqrsModuleOptions,
} from '../../../lib/index.js';
import { MemoryRemote, scenario } from '../../../lib/testing/index.js';
import { start } from '../../support/application.js';

@Message({ name: 'billing.charge' })
class Charge extends Command<string> {
  constructor(readonly account = 'a') {
    super();
  }
}

@Message({ name: 'billing.charge-card' })
class ChargeCard extends Charge {}

@Message({ name: 'billing.invoice' })
class Invoice extends Query<string> {}

@Message({ name: 'shop.placed' })
class Placed extends Event {}

@Message({ name: 'shop.paid' })
class Paid extends Event {}

const seen: string[] = [];
const tenant = header<string>('tenant');
const inProcess = header<string>('in process', { travels: 'in-process' });

class Billing {
  @CommandHandler(Charge)
  charge(command: Charge, context: MessageContext): string {
    seen.push(`${command.constructor.name} ${context.causationId ?? 'first'} ${context.header(tenant) ?? ''}`.trim());
    if (context.header(inProcess) !== undefined) seen.push('a header of the other process');
    return command.account;
  }

  @QueryHandler(Invoice)
  invoice(): string {
    return 'invoice';
  }
}

class OwnBilling {
  @CommandHandler(Charge)
  charge(): string {
    return 'own';
  }
}

class Listener {
  @EventsHandler(Placed)
  placed(_: Placed, context: MessageContext): void {
    seen.push(`placed ${context.correlationId}`);
  }
}

const module = (options: CqrsModuleOptions, ...providers: (new () => object)[]) =>
  start({ imports: [CqrsModule.forRoot(options)], providers });

async function billing(remote = new MemoryRemote('billing')) {
  seen.length = 0;
  const receiver = await module({ expose: [expose(Charge, ChargeCard, Invoice).on(remote.server())] }, Billing);
  return { remote, receiver };
}

describe('Which messages a route leads away', () => {
  it.each([
    ['a class', [Charge], new Charge(), 'a'],
    ['a subclass of a class', [Charge], new ChargeCard('b'), 'b'],
    ['a name', ['billing.charge'], new Charge('c'), 'c'],
    ['names', ['billing.*'], new Charge('d'), 'd'],
    ['all names', ['*'], new Charge('e'), 'e'],
    ['the name of a subclass', ['billing.charge-card'], new ChargeCard('f'), 'f'],
  ])('%s', async (_, messages, command, result) => {
    const { remote } = await billing();
    const { commands } = await module({ routes: [route(...messages).to(remote.transport())] });
    expect(await commands.execute(command)).toBe(result);
    expect(seen).toEqual([`${command.constructor.name} first`]);
  });

  it('a query', async () => {
    const { remote } = await billing();
    const { app } = await module({ routes: [route('billing.*').to(remote.transport())] });
    await scenario(app).when(new Invoice()).answers('invoice');
  });

  it('not one whose name begins differently', async () => {
    const { remote } = await billing();
    const { commands } = await module({ routes: [route('illing.*', 'billing.char').to(remote.transport())] });
    await expect(commands.execute(new Charge())).rejects.toMatchObject({ code: 'CQRS_HANDLER_NOT_FOUND' });
  });

  it('a name yields to a handler of the process, also to one of a base class', async () => {
    const { remote } = await billing();
    const { app } = await module({ routes: [route('billing.*').to(remote.transport())] }, OwnBilling);
    await scenario(app).when(new Charge()).answers('own');
    await scenario(app).when(new ChargeCard()).answers('own');
  });

  it('a class that is nearer than the one with a handler', async () => {
    const { remote } = await billing();
    const { app } = await module({ routes: [route(ChargeCard).to(remote.transport())] }, OwnBilling);
    await scenario(app).when(new Charge()).answers('own');
    await scenario(app).when(new ChargeCard('card')).answers('card');
  });

  it('satisfies expectHandlersFor, by class and by name', async () => {
    const remote = new MemoryRemote('billing');
    const expectHandlersFor = [Charge, Invoice];
    const routes = [route(Charge).to(remote.transport()), route('billing.inv*').to(remote.transport())];
    const { app } = await module({ routes, expectHandlersFor });
    expect(app.get(Wiring).toText()).toBe(
      'Commands\n  Charge → billing (memory)\nElsewhere\n  billing.inv* → billing (memory)',
    );
    expect(app.get(Wiring).entries).toMatchObject([
      { kind: 'command', message: 'Charge', handler: 'billing', transport: 'memory' },
      { kind: 'any', message: 'billing.inv*', handler: 'billing', transport: 'memory' },
    ]);
  });
});

describe('What a message takes along', () => {
  it('headers that travel, cause and correlation, nothing else', async () => {
    const { remote } = await billing();
    class Start extends Command<string> {}
    class Starter {
      @CommandHandler(Start)
      async start(_: Start, context: MessageContext) {
        return bus.execute(new Charge(), { context });
      }
    }
    const { commands } = await module({ routes: [route('billing.*').to(remote.transport())] }, Starter);
    const bus = commands;
    const headers = { ...tenant.of('acme'), ...inProcess.of('here') };
    await commands.execute(new Start(), { headers, messageId: 'start-1' });
    expect(seen).toEqual(['Charge start-1 acme']);
  });

  it('strict mode refuses a query that sends a remote command, and nothing is sent', async () => {
    const { remote } = await billing();
    class Ask extends Query<string> {}
    class Asker {
      @QueryHandler(Ask)
      ask() {
        return bus.execute(new Charge());
      }
    }
    const { commands, queries } = await module(
      { strict: true, routes: [route('billing.*').to(remote.transport())] },
      Asker,
    );
    const bus = commands;
    await expect(queries.ask(new Ask())).rejects.toThrow(QuerySideEffectException);
    expect(seen).toEqual([]);
  });

  it('sagas send remote commands', async () => {
    const { remote } = await billing();
    class Sagas {
      @Saga(Placed)
      placed(): ICommand {
        return new Charge('from a saga');
      }
    }
    const { app } = await module({ routes: [route('billing.*').to(remote.transport())] }, Sagas);
    await scenario(app).when(new Placed()).sends(new Charge('from a saga'));
    expect(seen).toEqual([expect.stringMatching(/^Charge /)]);
  });
});

describe('Events that other processes handle', () => {
  const listening = (name: string) => {
    const remote = new MemoryRemote(name);
    return { remote, expose: [expose(Placed).on(remote.server())] };
  };

  it('reach handlers of this process and of each other process, and publish waits for all', async () => {
    seen.length = 0;
    const payment = listening('payment');
    const shipping = listening('shipping');
    await module({ expose: payment.expose }, Listener);
    await module({ expose: shipping.expose }, Listener);
    const routes = [route(Placed).to(payment.remote.transport()), route('shop.*').to(shipping.remote.transport())];
    const { events } = await module({ routes }, Listener);
    await events.publish(new Placed(), { correlationId: 'c' });
    expect(seen).toEqual(['placed c', 'placed c', 'placed c']);
  });

  it('reach a process once, whatever routes name them', async () => {
    seen.length = 0;
    const { remote, expose: exposed } = listening('payment');
    await module({ expose: exposed }, Listener);
    const transport = remote.transport();
    const { events } = await module({ routes: [route(Placed, 'shop.*').to(transport), route(Event).to(transport)] });
    await events.publish(new Placed(), { correlationId: 'c' });
    expect(seen).toEqual(['placed c']);
  });

  it('are not sent on by the process that gets them, nor to itself by a process that exposes them', async () => {
    seen.length = 0;
    const { remote, expose: exposed } = listening('payment');
    const other = listening('other');
    await module({ expose: other.expose }, Listener);
    const routes = [route('shop.*').to(remote.transport()), route('shop.*').to(other.remote.transport())];
    const receiver = await module({ expose: exposed, routes }, Listener);
    const { events } = await module({ routes: routes.slice(0, 1) });
    await events.publish(new Placed(), { correlationId: 'arrived' });
    expect(seen).toEqual(['placed arrived']);
    seen.length = 0;
    await receiver.events.publish(new Placed(), { correlationId: 'own' });
    expect(seen).toEqual(['placed own', 'placed own']);
  });

  it('a process that cannot be reached is a failure like that of a handler: reported, or thrown if asked for', async () => {
    const remote = new MemoryRemote('payment');
    const { events, log } = await module({ routes: [route(Placed, Paid).to(remote.transport())] });
    await events.publish(new Placed());
    expect(log.errors[0]).toContain('"payment (memory)" has thrown an unhandled exception on Placed');
    const outcome = await events.publish(new Paid(), { onError: 'collect' });
    expect(outcome.failures).toMatchObject([{ handler: 'payment', error: { outcome: 'not-handled' } }]);
    await expect(events.publish(new Paid(), { onError: 'throw' })).rejects.toThrow(RemoteUnavailableException);
  });
});

describe('A process that gets a command', () => {
  it('does not send it on where its handler is gone', async () => {
    const remote = new MemoryRemote('billing');
    const elsewhere = await billing(new MemoryRemote('elsewhere'));
    const routes = [route('billing.*').to(elsewhere.remote.transport())];
    const exposed = [expose(Charge).on(remote.server(), { lazy: true })];
    await module({ routes, expose: exposed });
    const { commands } = await module({ routes: [route(Charge).to(remote.transport())] });
    await expect(commands.execute(new Charge())).rejects.toMatchObject({ outcome: 'not-handled' });
    expect(seen).toEqual([]);
  });

  it('sends on what it causes, also with a copy of all its headers', async () => {
    class Gateway {
      constructor(private readonly queries: QueryBus) {}

      @CommandHandler(Charge)
      charge(_: Charge, { headers }: MessageContext): Promise<string> {
        return this.queries.execute(new Invoice(), { headers: { ...headers } });
      }
    }
    Reflect.defineMetadata('design:paramtypes', [QueryBus], Gateway);
    const invoices = await billing(new MemoryRemote('invoices'));
    const gateway = new MemoryRemote('gateway');
    const routes = [route(Invoice).to(invoices.remote.transport())];
    await module({ routes, expose: [expose(Charge).on(gateway.server())] }, Gateway as never);
    const { commands } = await module({ routes: [route(Charge).to(gateway.transport())] });
    await expect(commands.execute(new Charge())).resolves.toBe('invoice');
  });

  it('shares the load with others of its service', async () => {
    const { remote, receiver } = await billing();
    const second = await module({ expose: [expose(Charge).on(remote.server())] }, Billing);
    const counts = [receiver, second].map(({ app }) => {
      let count = 0;
      app.get(CommandBus).subscribe(() => count++);
      return () => count;
    });
    const { commands } = await module({ routes: [route(Charge).to(remote.transport())] });
    await Promise.all(Array.from({ length: 20 }, () => commands.execute(new Charge())));
    expect(counts.map(count => count())).toEqual([10, 10]);
  });
});
