import { Injectable, Module } from '@nestjs/common';
import {
  Command,
  CommandBus,
  CommandHandler,
  CqrsModule,
  type CqrsMiddleware,
  Event,
  EventBus,
  EventsHandler,
  type ICommandHandler,
  type IEventHandler,
  type Next,
  Saga,
} from 'nestjs-cqrs';

export class Ship extends Command<string> {
  constructor(readonly orderId: string) {
    super();
  }
}

export class OrderShipped extends Event {
  constructor(
    readonly orderId: string,
    readonly parcel: string,
  ) {
    super();
  }
}

export class AskForReview extends Command {
  constructor(readonly orderId: string) {
    super();
  }
}

/** Calls the carrier over the network. */
@Injectable()
export class Carrier {
  async book(orderId: string): Promise<string> {
    throw new Error(`There is no network to book ${orderId}.`);
  }
}

@Injectable()
export class Mailer {
  async send(_template: string, _orderId: string): Promise<void> {
    throw new Error('There is no network.');
  }
}

// #region application
@CommandHandler(Ship)
export class ShipHandler implements ICommandHandler<Ship> {
  constructor(
    private readonly carrier: Carrier,
    private readonly events: EventBus,
  ) {}

  async execute({ orderId }: Ship) {
    const parcel = await this.carrier.book(orderId);
    await this.events.publish(new OrderShipped(orderId, parcel));
    return parcel;
  }
}

@EventsHandler(OrderShipped)
export class SendTrackingMail implements IEventHandler<OrderShipped> {
  constructor(private readonly mailer: Mailer) {}

  async handle({ orderId }: OrderShipped) {
    await this.mailer.send('tracking', orderId);
  }
}

@Injectable()
export class ReviewSagas {
  @Saga(OrderShipped)
  onShipped({ orderId }: OrderShipped) {
    return new AskForReview(orderId);
  }
}

@Injectable()
export class Orders {
  constructor(private readonly commands: CommandBus) {}

  pay(orderId: string) {
    return this.commands.execute(new Ship(orderId));
  }
}
// #endregion

@CommandHandler(AskForReview)
export class AskForReviewHandler implements ICommandHandler<AskForReview> {
  constructor(private readonly mailer: Mailer) {}

  async execute({ orderId }: AskForReview) {
    await this.mailer.send('review', orderId);
  }
}

@Injectable()
export class AuditLog {
  readonly entries: string[] = [];
}

@Injectable()
export class Audit implements CqrsMiddleware {
  constructor(private readonly log: AuditLog) {}

  intercept(message: object, next: Next) {
    this.log.entries.push(message.constructor.name);
    return next(message);
  }
}

@Module({
  imports: [CqrsModule.forRoot({ middleware: [Audit] })],
  providers: [
    Carrier,
    Mailer,
    ShipHandler,
    SendTrackingMail,
    AskForReviewHandler,
    ReviewSagas,
    Orders,
    Audit,
    AuditLog,
  ],
})
export class OrdersModule {}
