import { Inject, Injectable, Module, type OnApplicationBootstrap, type Provider } from '@nestjs/common';
import { Cron, CronExpression, ScheduleModule, SchedulerRegistry } from '@nestjs/schedule';
import {
  Command,
  CommandBus,
  CommandHandler,
  CqrsModule,
  type CqrsMiddleware,
  type MessageContext,
  Middleware,
  type Next,
  ofType,
  Saga,
  ShutdownTimeoutException,
  UnhandledExceptionBus,
} from 'nestjs-cqrs';
import { track, virtualTime } from 'nestjs-cqrs/testing';
import { delay, endWith, filter, map, mergeMap, takeUntil, timer, type Observable } from 'rxjs';
import { start } from '../../support/application.js';
import {
  CancelUnpaidOrder,
  OrderPaid,
  OrderPlaced,
  SendReceipt,
  TIME_LIMITS,
  type TimeLimits,
} from './sagas-with-time/messages.js';

// #region delay
@Injectable()
class ReceiptSagas {
  constructor(@Inject(TIME_LIMITS) private readonly limits: TimeLimits) {}

  /** A moment later, so that a payment by mistake can be taken back. */
  @Saga()
  sendReceipts(events$: Observable<object>): Observable<Command> {
    return events$.pipe(
      ofType(OrderPaid),
      delay(this.limits.receipt),
      map(({ orderId }) => new SendReceipt(orderId)),
    );
  }
}
// #endregion

// #region timeout
@Injectable()
class PaymentSagas {
  constructor(@Inject(TIME_LIMITS) private readonly limits: TimeLimits) {}

  @Saga()
  cancelUnpaid(events$: Observable<object>): Observable<Command> {
    const paid = (orderId: string) =>
      events$.pipe(
        ofType(OrderPaid),
        filter(payment => payment.orderId === orderId),
        endWith(undefined), // events$ ends when the application closes: then do not wait either
      );
    return events$.pipe(
      ofType(OrderPlaced),
      mergeMap(({ orderId }) =>
        timer(this.limits.payment).pipe(
          takeUntil(paid(orderId)),
          map(() => new CancelUnpaidOrder(orderId)),
        ),
      ),
    );
  }
}
// #endregion

/** The table of orders: it outlives the application. */
class OrderStore {
  readonly unpaid = new Map<string, Date>();
  readonly cancelled: string[] = [];
}

// #region check
@Injectable()
class Orders {
  constructor(private readonly orders: OrderStore) {}

  /** The order may have been paid a moment ago, or twice the command may come. */
  @CommandHandler(CancelUnpaidOrder)
  cancel({ orderId }: CancelUnpaidOrder) {
    if (this.orders.unpaid.delete(orderId)) this.orders.cancelled.push(orderId);
  }
}
// #endregion

class CancelOverdueOrders extends Command {}

// #region overdue
@Injectable()
class Overdue implements OnApplicationBootstrap {
  constructor(
    private readonly commands: CommandBus,
    private readonly orders: OrderStore,
    @Inject(TIME_LIMITS) private readonly limits: TimeLimits,
  ) {}

  onApplicationBootstrap() {
    return this.look();
  }

  @Cron(CronExpression.EVERY_MINUTE, { name: 'overdue', waitForCompletion: true })
  look() {
    return this.commands.dispatch(new CancelOverdueOrders());
  }

  @CommandHandler(CancelOverdueOrders)
  async cancelOverdue(_command: CancelOverdueOrders, context: MessageContext) {
    const latest = Date.now() - this.limits.payment;
    for (const [orderId, placedAt] of this.orders.unpaid)
      if (placedAt.getTime() <= latest) await this.commands.dispatch(new CancelUnpaidOrder(orderId), { context });
  }
}
// #endregion

const HOUR = 3_600_000;
const receipts: string[] = [];
const caused: string[] = [];

class Receipts {
  @CommandHandler(SendReceipt)
  send({ orderId }: SendReceipt) {
    receipts.push(orderId);
  }
}

@Middleware({ on: ['command'] })
class Recorder implements CqrsMiddleware {
  intercept(message: object, next: Next, { correlationId }: MessageContext) {
    caused.push(`${message.constructor.name} ${correlationId}`);
    return next(message);
  }
}

describe('docs/recipes/sagas-with-time.md', () => {
  let store: OrderStore;
  beforeEach(() => {
    store = new OrderStore();
    receipts.length = 0;
    caused.length = 0;
  });

  // #region module
  const imports = [CqrsModule.forRoot({ propagateContext: true })];
  // #endregion

  const run = async (saga: Provider, limits: TimeLimits, modules = imports) => {
    const started = await start({
      imports: modules,
      providers: [
        saga,
        Orders,
        Receipts,
        Recorder,
        { provide: OrderStore, useValue: store },
        { provide: TIME_LIMITS, useValue: limits },
      ],
    });
    const failures: unknown[] = [];
    started.app.get(UnhandledExceptionBus).subscribe(({ exception }) => failures.push(exception));
    return { ...started, failures };
  };

  it('sends a command some time after its event, with the correlation of that event', async () => {
    using clock = virtualTime();
    const { app } = await run(ReceiptSagas, { receipt: 5_000, payment: HOUR });
    const paid = (orderId: string) => track(app).publish(new OrderPaid(orderId), { correlationId: `c-${orderId}` });
    const flows = [await paid('o1'), await paid('o2')];
    await clock.advance('4999ms');
    expect(receipts).toEqual([]);
    await clock.advance('1ms');
    for (const [i, flow] of flows.entries()) flow.executed.only(SendReceipt, { orderId: `o${i + 1}` });
    expect(receipts).toEqual(['o1', 'o2']);
    expect(caused).toEqual(['SendReceipt c-o1', 'SendReceipt c-o2']);
  });

  it('cancels what is not paid in time', async () => {
    using clock = virtualTime();
    const { app, events } = await run(PaymentSagas, { receipt: 2 * HOUR, payment: HOUR });
    for (const orderId of ['o1', 'o2']) store.unpaid.set(orderId, new Date());
    await events.publish(new OrderPlaced('o1'));
    await events.publish(new OrderPaid('o1'));
    const flow = await track(app).publish(new OrderPlaced('o2'), { correlationId: 'c-o2' });
    await events.publish(new OrderPaid('o3'));
    await clock.advance('1h');
    flow.executed.only(CancelUnpaidOrder, { orderId: 'o2' });
    expect(store.cancelled).toEqual(['o2']);
    expect(caused).toEqual(['CancelUnpaidOrder c-o2']);
  });

  it('waits for a delay when the application closes', async () => {
    const { app, events } = await run(ReceiptSagas, { receipt: 100, payment: HOUR });
    await events.publish(new OrderPaid('o1'));
    await app.close();
    expect(receipts).toEqual(['o1']);
  });

  it('loses a delay that is longer than the time limit of shutdown, and reports it', async () => {
    const { app, events, failures } = await run(ReceiptSagas, { receipt: HOUR, payment: HOUR }, [
      CqrsModule.forRoot({ propagateContext: true, shutdown: { timeout: 50 } }),
    ]);
    await events.publish(new OrderPaid('o1'));
    await app.close();
    expect(receipts).toEqual([]);
    expect(failures).toEqual([expect.any(ShutdownTimeoutException)]);
  });

  it('gives up a time limit of a process when the application closes', async () => {
    const { app, events, failures } = await run(PaymentSagas, { receipt: HOUR, payment: HOUR });
    store.unpaid.set('o1', new Date());
    await events.publish(new OrderPlaced('o1'));
    await app.close();
    expect([store.cancelled, failures]).toEqual([[], []]);
  });

  it('finds after a restart what is overdue, and later what has become overdue', async () => {
    store.unpaid.set('o1', new Date(Date.now() - 2 * HOUR));
    store.unpaid.set('o2', new Date());
    @Module({
      imports: [CqrsModule.forRoot(), ScheduleModule.forRoot()],
      providers: [
        Overdue,
        Orders,
        { provide: OrderStore, useValue: store },
        { provide: TIME_LIMITS, useValue: { payment: HOUR } },
      ],
    })
    class ShopModule {}
    const { app } = await start({ imports: [ShopModule] });
    expect(store.cancelled).toEqual(['o1']);
    store.unpaid.set('o2', new Date(Date.now() - HOUR));
    await app.get(SchedulerRegistry, { strict: false }).getCronJob('overdue').fireOnTick();
    expect(store.cancelled).toEqual(['o1', 'o2']);
  });
});
