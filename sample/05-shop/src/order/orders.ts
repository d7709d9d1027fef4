import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Command, CommandBus, CommandHandler, EventBus, QueryBus } from 'nestjs-cqrs';
import { OrderPlaced } from '../contracts/order.js';
import { Charge, type Receipt } from '../contracts/payment.js';
import { QuoteShipping } from '../contracts/shipping.js';

export interface Order extends Receipt {
  readonly orderId: string;
  readonly cents: bigint;
}

export class PlaceOrder extends Command<Order> {
  constructor(
    readonly customer: string,
    readonly cents: bigint,
    readonly weight: number,
  ) {
    super();
  }
}

// #region handler
@Injectable()
export class Orders {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly events: EventBus,
  ) {}

  @CommandHandler(PlaceOrder)
  async place({ customer, cents, weight }: PlaceOrder): Promise<Order> {
    const total = cents + (await this.queries.ask(new QuoteShipping(weight)));
    const receipt = await this.commands.execute(new Charge(customer, total));
    const orderId = randomUUID();
    await this.events.publish(new OrderPlaced(orderId, customer, total));
    return { ...receipt, orderId, cents: total };
  }
}
// #endregion
