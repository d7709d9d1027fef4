import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import {
  CommandHandler,
  CqrsModule,
  EventBus,
  type MessageContext,
  type MiddlewareFunction,
  Saga,
  UnhandledExceptionBus,
  type UnhandledExceptionInfo,
  UseMiddleware,
} from 'nestjs-cqrs';
import { track } from 'nestjs-cqrs/testing';
import { start } from '../../support/application.js';
import {
  CancelOrder,
  OrderCancelled,
  OrderPlaced,
  OrderShipped,
  PaymentFailed,
  PaymentRefunded,
  PaymentTaken,
  PlaceOrder,
  RefundPayment,
  ShipOrder,
  ShippingFailed,
  TakePayment,
} from './compensation/messages.js';

// #region saga
@Injectable()
class OrderSagas {
  @Saga(OrderPlaced)
  pay({ orderId }: OrderPlaced) {
    return new TakePayment(orderId);
  }

  @Saga(PaymentTaken)
  ship({ orderId }: PaymentTaken) {
    return new ShipOrder(orderId);
  }

  @Saga(ShippingFailed)
  refund({ orderId }: ShippingFailed) {
    return new RefundPayment(orderId);
  }

  @Saga(PaymentFailed, PaymentRefunded)
  cancel({ orderId }: PaymentFailed | PaymentRefunded) {
    return new CancelOrder(orderId);
  }
}
// #endregion

/** A service outside of the application: what it did, and what it is to fail at. */
class Remote {
  readonly done: string[] = [];
  failures: string[] = [];

  async call(what: string): Promise<void> {
    await Promise.resolve();
    const failure = this.failures.indexOf(what);
    if (failure >= 0) {
      this.failures.splice(failure, 1);
      throw new Error(`Cannot ${what}.`);
    }
    this.done.push(what);
  }
}
class Bank extends Remote {
  take = (orderId: string) => this.call(`take ${orderId}`);
  refund = (orderId: string) => this.call(`refund ${orderId}`);
}
class Carrier extends Remote {
  ship = (orderId: string) => this.call(`ship ${orderId}`);
}

/** The table of orders, by their state. */
class OrderStore extends Map<string, 'placed' | 'shipped' | 'cancelled'> {}

// #region step
@Injectable()
class Shipping {
  private readonly logger = new Logger(Shipping.name);

  constructor(
    private readonly carrier: Carrier,
    private readonly events: EventBus,
  ) {}

  @CommandHandler(ShipOrder)
  async ship({ orderId }: ShipOrder, context: MessageContext) {
    await this.events.publish(await this.outcomeOf(orderId), { context });
  }

  private async outcomeOf(orderId: string) {
    try {
      await this.carrier.ship(orderId);
      return new OrderShipped(orderId);
    } catch (error) {
      this.logger.warn(`${orderId} is not shipped: ${String(error)}`);
      return new ShippingFailed(orderId);
    }
  }
}
// #endregion

// #region undo
const threeTimes: MiddlewareFunction = async (message, next) => {
  for (let attempt = 1; attempt < 3; attempt++) {
    try {
      return await next(message);
    } catch {
      await delay(100 * attempt);
    }
  }
  return next(message);
};

@Injectable()
class Refunds {
  constructor(
    private readonly bank: Bank,
    private readonly events: EventBus,
  ) {}

  @CommandHandler(RefundPayment)
  @UseMiddleware(threeTimes)
  async refund({ orderId }: RefundPayment, context: MessageContext) {
    await this.bank.refund(orderId);
    await this.events.publish(new PaymentRefunded(orderId), { context });
  }
}
// #endregion

@Injectable()
class Payments {
  constructor(
    private readonly bank: Bank,
    private readonly events: EventBus,
  ) {}

  @CommandHandler(TakePayment)
  async take({ orderId }: TakePayment, context: MessageContext) {
    let outcome: object = new PaymentTaken(orderId);
    try {
      await this.bank.take(orderId);
    } catch {
      outcome = new PaymentFailed(orderId);
    }
    await this.events.publish(outcome, { context });
  }
}

@Injectable()
class Orders {
  constructor(
    private readonly orders: OrderStore,
    private readonly events: EventBus,
  ) {}

  @CommandHandler(PlaceOrder)
  async place({ orderId }: PlaceOrder, context: MessageContext) {
    this.orders.set(orderId, 'placed');
    await this.events.publish(new OrderPlaced(orderId), { context });
  }

  @CommandHandler(CancelOrder)
  async cancel({ orderId }: CancelOrder, context: MessageContext) {
    this.orders.set(orderId, 'cancelled');
    await this.events.publish(new OrderCancelled(orderId), { context });
  }
}

describe('docs/recipes/compensation.md', () => {
  /** Places an order where some calls to other services fail, and waits until nothing happens any more. */
  const place = async (failing: { bank?: string[]; carrier?: string[] } = {}) => {
    const providers = [OrderSagas, Shipping, Payments, Refunds, Orders, Bank, Carrier, OrderStore];
    const { app, events } = await start({ imports: [CqrsModule.forRoot()], providers });
    const [bank, carrier, orders] = [app.get(Bank), app.get(Carrier), app.get(OrderStore)];
    bank.failures = failing.bank ?? [];
    carrier.failures = failing.carrier ?? [];
    const reported: UnhandledExceptionInfo<unknown>[] = [];
    app.get(UnhandledExceptionBus).subscribe(info => reported.push(info));
    events.register(OrderShipped, ({ orderId }) => void orders.set(orderId, 'shipped'));
    const flow = await track(app, { failures: 'collect' }).dispatch(new PlaceOrder('o1'), { correlationId: 'c1' });
    expect(new Set(flow.published.map(({ context }) => context?.correlationId))).toEqual(new Set(['c1']));
    const happened = flow.published.map(({ message }) => message.constructor.name);
    return { state: orders.get('o1'), happened, bank: bank.done, carrier: carrier.done, reported };
  };

  it('runs all steps where none fails', async () => {
    expect(await place()).toEqual({
      state: 'shipped',
      happened: ['OrderPlaced', 'PaymentTaken', 'OrderShipped'],
      bank: ['take o1'],
      carrier: ['ship o1'],
      reported: [],
    });
  });

  it('cancels the order where it is not paid', async () => {
    expect(await place({ bank: ['take o1'] })).toEqual({
      state: 'cancelled',
      happened: ['OrderPlaced', 'PaymentFailed', 'OrderCancelled'],
      bank: [],
      carrier: [],
      reported: [],
    });
  });

  it('refunds the payment and cancels the order where it is not shipped; a refund is tried again', async () => {
    expect(await place({ carrier: ['ship o1'], bank: ['refund o1', 'refund o1'] })).toEqual({
      state: 'cancelled',
      happened: ['OrderPlaced', 'PaymentTaken', 'ShippingFailed', 'PaymentRefunded', 'OrderCancelled'],
      bank: ['take o1', 'refund o1'],
      carrier: [],
      reported: [],
    });
  });

  it('reports a step that cannot be undone, and leaves the order as it is', async () => {
    const { state, bank, reported } = await place({ carrier: ['ship o1'], bank: Array<string>(3).fill('refund o1') });
    expect([state, bank]).toEqual(['placed', ['take o1']]);
    expect(reported).toMatchObject([
      { cause: new RefundPayment('o1'), exception: new Error('Cannot refund o1.'), handler: 'OrderSagas.refund' },
    ]);
  });
});
