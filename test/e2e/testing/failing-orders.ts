import { Injectable, Module } from '@nestjs/common';
import { delayWhen, filter, map, race, Subject, timer, type Observable } from 'rxjs';
import {
  Command,
  CommandHandler,
  CommandBus,
  CqrsModule,
  Event,
  EventBus,
  EventsHandler,
  ofType,
  Saga,
  UseMiddleware,
} from '../../../lib/index.js';
import { pending } from '../../support/waiting.js';

export class PlaceOrder extends Command {
  constructor(readonly orderId: string) {
    super();
  }
}
export class CancelOrder extends Command {}
export class RefundPayment extends Command {}
export class Ship extends Command {}
export class Remind extends Command {}
export class OrderPlaced extends Event {
  constructor(
    readonly orderId: string,
    readonly total: number,
  ) {
    super();
  }
}
export class Shipped extends Event {}

export class OutOfStock extends Error {
  override name = 'OutOfStock';
}

/** What a test lets fail, or wait. */
export class Trouble {
  outOfStock = false;
  mailServer = false;
  saga = false;
  shipping = false;
  bill: ReturnType<typeof pending> | undefined;
  ship: ReturnType<typeof pending> | undefined;
  /** When to remind, in milliseconds; undefined for never. */
  reminder: number | undefined;
  /** Takes the place of the time. */
  readonly ended = new Subject<void>();
}

@Injectable()
export class Orders {
  constructor(
    private readonly events: EventBus,
    private readonly commands: CommandBus,
  ) {}

  @CommandHandler(PlaceOrder)
  async place({ orderId }: PlaceOrder): Promise<void> {
    await this.events.publish(new OrderPlaced(orderId, 25), { wait: 'none' });
  }

  @CommandHandler(CancelOrder)
  async cancel(_command: CancelOrder): Promise<void> {
    await this.commands.execute(new RefundPayment());
  }

  @CommandHandler(RefundPayment)
  refund(_command: RefundPayment): void {}
}

@Injectable()
export class Stock {
  constructor(private readonly trouble: Trouble) {}

  @EventsHandler(OrderPlaced)
  reserve(_event: OrderPlaced): void {
    if (this.trouble.outOfStock) throw new OutOfStock('none left of i7');
  }
}

@Injectable()
export class Billing {
  constructor(private readonly trouble: Trouble) {}

  @UseMiddleware((message, next) => next(message).catch(() => next(message)))
  @EventsHandler(OrderPlaced)
  async charge(_event: OrderPlaced): Promise<void> {
    const { bill } = this.trouble;
    if (bill === undefined) return;
    if (this.trouble.mailServer) throw new Error('connect ECONNREFUSED 127.0.0.1:25');
    await bill.promise;
  }
}

@Injectable()
export class Shipping {
  constructor(
    private readonly trouble: Trouble,
    private readonly events: EventBus,
  ) {}

  @CommandHandler(Ship)
  async ship(_command: Ship): Promise<void> {
    if (this.trouble.shipping) throw new Error('no carrier');
    await this.trouble.ship?.promise;
    void this.events.publish(new Shipped());
  }

  @CommandHandler(Remind)
  remind(_command: Remind): void {}

  @Saga(OrderPlaced)
  onPlaced(_event: OrderPlaced): Ship[] {
    if (this.trouble.saga) throw new Error('no address');
    return [new Ship(), new Ship()];
  }
}

@Injectable()
export class Reminders {
  constructor(private readonly trouble: Trouble) {}

  @Saga()
  delayed = (events$: Observable<object>) =>
    events$.pipe(
      ofType(OrderPlaced),
      filter(() => this.trouble.reminder !== undefined),
      delayWhen(() => race(timer(this.trouble.reminder!), this.trouble.ended)),
      map(() => new Remind()),
    );
}

@Module({
  imports: [CqrsModule.forRoot({ sagas: { concurrency: 1 } })],
  providers: [Trouble, Orders, Stock, Billing, Shipping, Reminders],
})
export class OrdersModule {}
