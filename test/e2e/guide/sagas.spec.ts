import { AsyncLocalStorage } from 'node:async_hooks';
import { Inject, Injectable, Module, Scope } from '@nestjs/common';
import { ModuleRef, REQUEST } from '@nestjs/core';
import {
  AsyncContext,
  Command,
  CommandHandler,
  CqrsModule,
  type CqrsModuleOptions,
  Event,
  EventBus,
  InvalidSagaException,
  type MessageContext,
  type MiddlewareFunction,
  ofType,
  Saga,
  UnhandledExceptionBus,
  type UnhandledExceptionInfo,
} from 'nestjs-cqrs';
import { bufferCount, concatMap, delay, map, of, type Observable } from 'rxjs';
import type { Provider } from '@nestjs/common';
import { scenario, track } from 'nestjs-cqrs/testing';
import { refusalOf, start } from '../../support/application.js';

class OrderPlaced extends Event {
  constructor(readonly orderId: string) {
    super();
  }
}
class OrderPaid extends Event {
  constructor(readonly orderId: string) {
    super();
  }
}
class Ship extends Command {
  constructor(readonly orderId: string) {
    super();
  }
}
class SendReceipt extends Command {
  constructor(readonly orderId: string) {
    super();
  }
}

const log: string[] = [];
const contexts: MessageContext[] = [];
beforeEach(() => {
  log.splice(0);
  contexts.splice(0);
});

class Orders {
  @CommandHandler(Ship)
  async ship({ orderId }: Ship, context: MessageContext) {
    contexts.push(context);
    log.push(`ship ${orderId}`);
  }

  @CommandHandler(SendReceipt)
  sendReceipt({ orderId }: SendReceipt) {
    log.push(`receipt ${orderId}`);
  }
}

const run = async (saga: Provider | Provider[], options: CqrsModuleOptions = {}) => {
  const started = await start({ imports: [CqrsModule.forRoot(options)], providers: [Orders, saga].flat() });
  const failures: UnhandledExceptionInfo<unknown>[] = [];
  started.app.get(UnhandledExceptionBus).subscribe(info => failures.push(info));
  return { ...started, failures };
};

// #region observable
@Injectable()
class ShippingSagas {
  @Saga()
  shipWhatIsPaid(events$: Observable<object>): Observable<Command> {
    return events$.pipe(
      ofType(OrderPaid),
      map(({ orderId }) => new Ship(orderId)),
    );
  }
}
// #endregion

// #region generator
@Injectable()
class InvoiceSagas {
  /** Ships when both has happened, in whichever order. */
  @Saga()
  async *shipWhatIsPlacedAndPaid(events: AsyncIterable<object>) {
    const seen = new Set<string>();
    for await (const event of events) {
      if (!(event instanceof OrderPlaced || event instanceof OrderPaid)) continue;
      if (seen.delete(event.orderId)) yield new Ship(event.orderId);
      else seen.add(event.orderId);
    }
  }
}
// #endregion

// #region function
@Injectable()
class ReceiptSagas {
  @Saga(OrderPaid)
  onPaid({ orderId }: OrderPaid) {
    return [new Ship(orderId), new SendReceipt(orderId)];
  }

  @Saga(OrderPlaced, OrderPaid)
  async onFreeOrders(event: OrderPlaced | OrderPaid) {
    if (event instanceof OrderPlaced && event.orderId.startsWith('free')) return new Ship(event.orderId);
    return undefined;
  }
}
// #endregion

describe('docs/sagas.md: three forms', () => {
  it('a function from the stream to a stream of commands', async () => {
    const { app } = await run(ShippingSagas);
    await scenario(app).when(new OrderPlaced('o1')).nothing();
    await scenario(app).when(new OrderPaid('o1')).sends(new Ship('o1'));
  });

  it('an async generator', async () => {
    const { app, events } = await run(InvoiceSagas);
    const all = [new OrderPlaced('o1'), new OrderPaid('o2'), new OrderPaid('o1'), new OrderPlaced('o2')];
    await scenario(app)
      .when(() => events.publishAll(all))
      .sends(new Ship('o1'), new Ship('o2'));
  });

  it('a function of the events of some classes', async () => {
    const { app } = await run(ReceiptSagas);
    await scenario(app).when(new OrderPaid('o1')).sends(new Ship('o1'), new SendReceipt('o1'));
    await scenario(app).when(new OrderPlaced('o2')).nothing();
    await scenario(app).when(new OrderPlaced('free o3')).sends(new Ship('free o3'));
  });

  it('runs after the handlers of the event have been handed it; publish does not wait for its commands', async () => {
    const { app, events } = await run(ReceiptSagas);
    events.register(OrderPaid, () => void log.push('handler'));
    let published = false;
    const sent: boolean[] = [];
    app.get(Orders).ship = async () => {
      await new Promise(resolve => setImmediate(resolve));
      sent.push(published);
    };
    await events.publish(new OrderPaid('o1'));
    published = true;
    await app.close();
    expect(log[0]).toBe('handler');
    expect(sent).toEqual([true]);
  });
});

describe('docs/sagas.md: failures', () => {
  const broken = new Error('The saga cannot go on.');

  it('a stream that fails is reported, and the saga goes on with the next event', async () => {
    class Fragile {
      calls = 0;
      @Saga()
      ship(events$: Observable<object>) {
        this.calls++;
        return events$.pipe(
          ofType(OrderPaid),
          map(({ orderId }) => {
            if (orderId === 'bad') throw broken;
            return new Ship(orderId);
          }),
        );
      }
    }
    const { app, events, failures } = await run(Fragile);

    for (const id of ['o1', 'bad', 'o2']) await events.publish(new OrderPaid(id));
    await app.close();

    expect(log).toEqual(['ship o1', 'ship o2']);
    expect(app.get(Fragile).calls).toBe(2);
    expect(failures.map(({ exception, cause, handler }) => ({ exception, cause, handler }))).toEqual([
      { exception: broken, cause: 'ship', handler: 'Fragile.ship' },
    ]);
  });

  it('a failed stream loses its state: here, the first event of a pair', async () => {
    class Pairs {
      @Saga()
      ship(events$: Observable<OrderPaid>) {
        return events$.pipe(
          map(({ orderId }) => {
            if (orderId === 'bad') throw broken;
            return orderId;
          }),
          bufferCount(2),
          map(ids => new Ship(ids.join('+'))),
        );
      }
    }
    const { app } = await run(Pairs);
    await scenario(app).when(new OrderPaid('lost')).nothing();
    await scenario(app).when(new OrderPaid('bad')).fails(broken.message);
    await scenario(app).given(new OrderPaid('o1')).when(new OrderPaid('o2')).sends(new Ship('o1+o2'));
  });

  it('a generator that throws is called again, and takes the events that it had not taken', async () => {
    class Fragile {
      @Saga()
      async *ship(events: AsyncIterable<OrderPaid>) {
        for await (const { orderId } of events) {
          if (orderId === 'bad') throw broken;
          yield new Ship(orderId);
        }
      }
    }
    const { app, events } = await run(Fragile);
    const paid = ['o1', 'bad', 'o2', 'o3'].map(id => new OrderPaid(id));
    const { executed, failures } = await scenario(app)
      .when(() => events.publishAll(paid))
      .fails(broken.message);
    expect(executed.messages).toEqual([new Ship('o1'), new Ship('o2'), new Ship('o3')]);
    expect(failures).toHaveLength(1);
  });

  it('a command that fails, or has no handler, is reported with the command; the saga does not notice', async () => {
    class Unhandled extends Command {}
    class Reckless {
      @Saga(OrderPaid)
      onPaid({ orderId }: OrderPaid) {
        return [new Unhandled(), new Ship(orderId)];
      }
    }
    const { app, events, failures } = await run(Reckless);
    await events.publish(new OrderPaid('o1'));
    await app.close();
    expect(log).toEqual(['ship o1']);
    expect(failures.map(({ cause, handler }) => [(cause as object).constructor, handler])).toEqual([
      [Unhandled, 'Reckless.onPaid'],
    ]);
  });

  it('a function that throws is reported with its event', async () => {
    class Reckless {
      @Saga(OrderPaid)
      onPaid({ orderId }: OrderPaid) {
        if (orderId === 'bad') throw broken;
        return new Ship(orderId);
      }
    }
    const { app, events, failures } = await run(Reckless);
    const bad = new OrderPaid('bad');
    await events.publish(bad);
    await events.publish(new OrderPaid('o1'));
    await app.close();
    expect(log).toEqual(['ship o1']);
    expect(failures.map(({ cause }) => cause)).toEqual([bad]);
  });

  it('a stream that completes ends the saga', async () => {
    class Once {
      @Saga()
      async *ship(events: AsyncIterable<OrderPaid>) {
        for await (const { orderId } of events) {
          yield new Ship(orderId);
          return;
        }
      }
    }
    const { app } = await run(Once);
    await scenario(app).when(new OrderPaid('o1')).sends(new Ship('o1'));
    await scenario(app).when(new OrderPaid('o2')).nothing();
  });

  it('a saga that returns neither an Observable nor an async iterable stops the start', async () => {
    class NoSaga {
      @(Saga() as MethodDecorator)
      nothing() {
        return 42;
      }
    }
    const { problems } = await refusalOf({ imports: [CqrsModule.forRoot()], providers: [NoSaga] });
    expect(problems.map(({ code, where }) => `${code} ${where}`)).toEqual([
      expect.stringContaining('CQRS_INVALID_SAGA NoSaga.nothing'),
    ]);
  });
});

describe('docs/sagas.md: context', () => {
  it('a command inherits the correlation of its event and names it as its cause', async () => {
    const { app } = await run(ReceiptSagas);
    const said = { messageId: 'm1', correlationId: 'c1', headers: { tenant: 't1' } };
    const { executed } = await track(app).publish(new OrderPaid('o1'), said);
    const context = { correlationId: 'c1', causationId: 'm1', headers: { tenant: 't1' } };
    expect(executed).toMatchObject([{ context }, { context }]);
  });

  it('a command that comes out later has its own cause with propagateContext, else the event given last', async () => {
    class Later {
      @Saga()
      ship(events$: Observable<object>) {
        return events$.pipe(
          ofType(OrderPaid),
          delay(1),
          map(({ orderId }) => new Ship(orderId)),
        );
      }
    }
    for (const propagateContext of [true, false]) {
      const { app, events } = await run(Later, { propagateContext });
      for (const messageId of ['m1', 'm2']) void events.publish(new OrderPaid('o1'), { messageId });
      await app.close();
    }
    expect(contexts.map(({ causationId }) => causationId)).toEqual(['m1', 'm2', 'm2', 'm2']);
  });

  it('with propagateContext, an operator that lets events wait says that the one before them is the cause', async () => {
    class Waiting {
      @Saga()
      ship(events$: Observable<object>) {
        return events$.pipe(
          ofType(OrderPaid),
          concatMap(event => of(event).pipe(delay(5))),
          map(({ orderId }) => new Ship(orderId)),
        );
      }
      @Saga(OrderPlaced)
      async shipAtOnce({ orderId }: OrderPlaced) {
        await Promise.resolve();
        return new Ship(orderId);
      }
    }
    const { app, events } = await run(Waiting, { propagateContext: true });
    for (const messageId of ['m1', 'm2']) void events.publish(new OrderPaid('o1'), { messageId });
    for (const messageId of ['m3', 'm4']) void events.publish(new OrderPlaced('o2'), { messageId });
    await app.close();
    expect(contexts.map(({ causationId }) => causationId).toSorted()).toEqual(['m1', 'm1', 'm3', 'm4']);
  });

  it('a command runs in the asynchronous context of the publisher of its event', async () => {
    const requests = new AsyncLocalStorage<string>();
    const stores: (string | undefined)[] = [];
    class Shipping {
      @Saga(OrderPaid)
      onPaid({ orderId }: OrderPaid) {
        return new SendReceipt(orderId);
      }
      @Saga()
      async *generator(events$: AsyncIterable<object>) {
        for await (const event of events$) if (event instanceof OrderPaid) yield new SendReceipt(event.orderId);
      }
      @Saga()
      operators(events$: Observable<object>) {
        return events$.pipe(
          ofType(OrderPaid),
          map(({ orderId }) => new SendReceipt(orderId)),
        );
      }
    }
    const watching: MiddlewareFunction = (message, next) => {
      if (message instanceof SendReceipt) stores.push(`${message.orderId} in ${requests.getStore()}`);
      return next(message);
    };
    const middleware = [watching];
    for (const sagas of [{}, { concurrency: 1 }]) {
      const { app, events } = await run(Shipping, { middleware, sagas });
      for (const id of ['a', 'b']) requests.run(id, () => void events.publish(new OrderPaid(id)));
      await app.close();
    }
    const own = ['a in a', 'a in a', 'a in a', 'b in b', 'b in b', 'b in b'];
    expect(stores.slice(0, 6).toSorted()).toEqual(own);
    expect(stores.slice(6).toSorted()).toEqual(own);
  });

  it('commands of sagas that have no asynchronous context join no transaction that has ended', async () => {
    // #region storage
    const imports = [CqrsModule.forRoot({ sagas: { asyncLocalStorage: 'none' } })];
    // #endregion
    const transactions = new AsyncLocalStorage<{ isOpen: boolean }>();
    const joined: unknown[] = [];
    class Shipping {
      @Saga(OrderPaid)
      onPaid({ orderId }: OrderPaid) {
        return new Ship(orderId);
      }
      @CommandHandler(Ship)
      async ship() {
        await Promise.resolve();
        joined.push(transactions.getStore());
      }
    }
    const { app, events } = await start({ imports, providers: [Shipping] });
    const transaction = { isOpen: true };
    await transactions.run(transaction, () => events.publish(new OrderPaid('o1')));
    transaction.isOpen = false;
    await app.close();
    expect(joined).toEqual([undefined]);
  });

  it('a command shares the request-scoped instances of its event; a saga that makes others says so', async () => {
    const requests: unknown[] = [];
    @CommandHandler(Ship, { scope: Scope.REQUEST })
    class ShipHandler {
      constructor(@Inject(REQUEST) private readonly request: unknown) {}
      async execute() {
        requests.push(this.request);
      }
    }
    class Ours {
      // #region merge
      @Saga(OrderPaid)
      onPaid(event: OrderPaid) {
        const command = new Ship(event.orderId);
        AsyncContext.merge(event, command);
        return command;
      }
      // #endregion
      @Saga(OrderPlaced)
      onPlaced({ orderId }: OrderPlaced) {
        return new Ship(orderId);
      }
    }
    const { app, events } = await start({ imports: [CqrsModule.forRoot()], providers: [ShipHandler, Ours] });
    const request = { user: 'u1' };
    await events.publish(new OrderPaid('o1'), new AsyncContext(request));
    await events.publish(new OrderPlaced('o2'), new AsyncContext(request));
    await app.close();
    expect(requests).toEqual([request, request]);
  });
});

describe('docs/sagas.md: concurrency, scope, shutdown', () => {
  it('sagas.concurrency limits how many commands of one saga run at a time; the others wait in order', async () => {
    // #region concurrency
    const imports = [CqrsModule.forRoot({ sagas: { concurrency: 2 } })];
    // #endregion
    let running = 0;
    let most = 0;
    class Slow {
      @CommandHandler(Ship)
      async ship({ orderId }: Ship) {
        most = Math.max(most, ++running);
        await new Promise(resolve => setImmediate(resolve));
        running--;
        log.push(orderId);
      }
    }
    const { app, events } = await start({ imports, providers: [ShippingSagas, Slow] });
    const ids = ['1', '2', '3', '4', '5'];
    await events.publishAll(ids.map(id => new OrderPaid(id)));
    await app.close();
    expect(most).toBe(2);
    expect(log).toEqual(ids);
  });

  it('a saga that two modules provide runs once, with a warning that names both; an alias counts as the same', async () => {
    @Module({ providers: [ReceiptSagas, { provide: 'alias', useExisting: ReceiptSagas }] })
    class OneModule {}
    @Module({ providers: [ReceiptSagas] })
    class OtherModule {}
    const {
      app,
      events,
      log: lines,
    } = await start({
      imports: [CqrsModule.forRoot(), OneModule, OtherModule],
      providers: [Orders],
    });
    await events.publish(new OrderPaid('o1'));
    await app.close();
    expect(log).toEqual(['ship o1', 'receipt o1']);
    expect(lines.warnings).toEqual([
      expect.stringMatching(/ReceiptSagas.onPaid .*OneModule .*OtherModule/),
      expect.stringMatching(/ReceiptSagas.onFreeOrders .*OneModule .*OtherModule/),
    ]);
  });

  it('a saga of a dynamic module that is imported twice runs once, with the options of the first import', async () => {
    @Injectable()
    class PrefixSagas {
      constructor(@Inject('PREFIX') private readonly prefix: string) {}

      @Saga(OrderPaid)
      onPaid({ orderId }: OrderPaid) {
        return new Ship(this.prefix + orderId);
      }
    }
    class ShippingModule {
      static with = (prefix: string) => ({
        module: ShippingModule,
        providers: [PrefixSagas, { provide: 'PREFIX', useValue: prefix }],
      });
    }
    @Module({ imports: [ShippingModule.with('a-')] })
    class OneModule {}
    @Module({ imports: [ShippingModule.with('b-')] })
    class OtherModule {}
    const imports = [CqrsModule.forRoot(), OneModule, OtherModule];
    const { app, events, log: lines } = await start({ imports, providers: [Orders] });
    await events.publish(new OrderPaid('o1'));
    await app.close();
    expect(log).toEqual(['ship a-o1']);
    expect(lines.warnings).toEqual([
      expect.stringMatching(
        /ShippingModule, which is imported twice with different options: by OneModule and by OtherModule/,
      ),
    ]);
  });

  it('a saga on a static method is refused at once', () => {
    class Static {
      static onPaid({ orderId }: OrderPaid) {
        return new Ship(orderId);
      }
    }
    expect(() => Saga(OrderPaid)(Static, 'onPaid')).toThrow(InvalidSagaException);
  });

  it('a saga in a request-scoped provider stops the start, with what to do instead', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class RequestScopedSagas {
      @Saga(OrderPaid)
      onPaid({ orderId }: OrderPaid) {
        return new Ship(orderId);
      }
    }
    const { problems } = await refusalOf({ imports: [CqrsModule.forRoot()], providers: [RequestScopedSagas] });
    expect(problems).toEqual([expect.objectContaining({ code: 'CQRS_SAGA_SCOPE', remedy: expect.any(String) })]);
  });

  it('a singleton saga resolves what is request-scoped when it needs it', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class Tenant {
      constructor(@Inject(REQUEST) readonly request: { tenant: string }) {}
    }
    // #region resolve
    @Injectable()
    class TenantSagas {
      constructor(private readonly moduleRef: ModuleRef) {}

      @Saga(OrderPaid)
      async onPaid(event: OrderPaid) {
        const context = AsyncContext.of(event)!;
        const tenant = await this.moduleRef.resolve(Tenant, context.id);
        return new Ship(`${event.orderId} of ${tenant.request.tenant}`);
      }
    }
    // #endregion
    @CommandHandler(Ship, { scope: Scope.REQUEST })
    class TenantShip {
      constructor(private readonly tenant: Tenant) {}
      async execute({ orderId }: Ship) {
        log.push(`${orderId}, ${this.tenant.request.tenant}`);
      }
    }
    const {
      app,
      events,
      log: lines,
    } = await start({
      imports: [CqrsModule.forRoot()],
      providers: [Tenant, TenantSagas, TenantShip],
    });
    await events.publish(new OrderPaid('o1'), new AsyncContext({ tenant: 't1' }));
    await app.close();
    expect(lines.errors).toEqual([]);
    expect(log).toEqual(['o1 of t1, t1']);
  });

  it('app.close() waits for what a saga holds: delayed commands are sent', async () => {
    class Later {
      @Saga()
      ship(events$: Observable<object>) {
        return events$.pipe(
          ofType(OrderPaid),
          delay(20),
          map(({ orderId }) => new Ship(orderId)),
        );
      }
    }
    const { app, events } = await run(Later);
    await events.publish(new OrderPaid('o1'));
    await app.close();
    expect(log).toEqual(['ship o1']);
  });

  it('app.close() lets chains of sagas run to their end, also where each holds its command', async () => {
    class Placed extends Event {}
    class Place extends Command {}
    @Injectable()
    class Chain {
      constructor(private readonly events: EventBus) {}

      @Saga()
      placeWhatIsPaid(events$: Observable<object>) {
        return events$.pipe(
          ofType(OrderPaid),
          delay(10),
          map(() => new Place()),
        );
      }
      @CommandHandler(Place)
      async place() {
        await this.events.publish(new Placed());
      }
      @Saga()
      shipWhatIsPlaced(events$: Observable<object>) {
        return events$.pipe(
          ofType(Placed),
          delay(10),
          map(() => new Ship('o1')),
        );
      }
      @Saga()
      async *receipts(events: AsyncIterable<object>) {
        for await (const event of events) if (event instanceof Placed) yield new SendReceipt('o1');
      }
    }
    const { app, events, failures } = await run(Chain);
    await events.publish(new OrderPaid('o1'));
    await app.close();
    expect(log.toSorted()).toEqual(['receipt o1', 'ship o1']);
    expect(failures).toEqual([]);
  });
});
