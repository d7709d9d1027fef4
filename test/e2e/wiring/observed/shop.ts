import { Injectable, Module } from '@nestjs/common';
import { delay, map, type Observable } from 'rxjs';
import {
  Command,
  CommandBus,
  CommandHandler,
  CqrsModule,
  Event,
  EventBus,
  EventsHandler,
  type EventStream,
  ofType,
  Query,
  QueryBus,
  QueryHandler,
  Saga,
} from '../../../../lib/index.js';

export class PlaceOrder extends Command {}
export class Pay extends Command {}
export class Ship extends Command {}
export class Remind extends Command {}
export class Refund extends Command {}
export class PriceOf extends Query<number> {}
export class OrderPlaced extends Event {}
export class Paid extends Event {}
export class Shipped extends Event {}
/** Nothing handles it. */
export class Audited extends Event {}
/** Nothing says what it is, and nothing handles it. */
export class Noted {}

@Injectable()
export class Orders {
  constructor(
    private readonly events: EventBus,
    private readonly queries: QueryBus,
  ) {}

  @CommandHandler(PlaceOrder)
  async place() {
    await this.queries.ask(new PriceOf());
    await this.events.publish(new OrderPlaced());
  }

  @CommandHandler(Ship)
  async ship() {
    await this.events.publishAll([new Shipped(), new Audited()]);
  }

  @CommandHandler(Remind)
  remind() {}

  @CommandHandler(Refund)
  refund() {}

  @QueryHandler(PriceOf)
  price() {
    return 10;
  }
}

@EventsHandler(OrderPlaced)
export class Billing {
  constructor(private readonly commands: CommandBus) {}

  async handle() {
    // A turn of the event loop, as for a database.
    await new Promise(setImmediate);
    await this.commands.execute(new Pay());
  }
}

@CommandHandler(Pay)
export class PayHandler {
  constructor(private readonly events: EventBus) {}

  async execute() {
    await this.events.publish(new Paid());
  }
}

@Injectable()
export class Shipping {
  @Saga(Paid)
  ship = () => new Ship();

  @Saga()
  remind = (events: Observable<object>): Observable<Remind> =>
    events.pipe(
      ofType(OrderPlaced),
      delay(1),
      map(() => new Remind()),
    );

  @Saga()
  async *again(events: EventStream) {
    for await (const event of events) if (event instanceof Shipped) yield new Remind();
  }
}

@Module({ providers: [Orders] })
export class OrderModule {}

@Module({ providers: [Billing, PayHandler] })
export class BillingModule {}

@Module({ providers: [Shipping] })
export class ShippingModule {}

export const shopWith = (options: { readonly propagateContext: boolean }) => ({
  imports: [CqrsModule.forRoot(options), OrderModule, BillingModule, ShippingModule],
});
