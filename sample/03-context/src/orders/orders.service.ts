import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { CommandBus, CommandHandler, EventBus, EventsHandler, Saga, type MessageContext } from 'nestjs-cqrs';
import { ReserveStock } from '../stock/stock.messages.js';
import { ChargeCustomer, OrderPlaced, PlaceOrder, SendReceipt, tenant } from './orders.messages.js';

@Injectable()
export class Orders {
  private readonly logger = new Logger(Orders.name);

  constructor(
    private readonly commands: CommandBus,
    private readonly events: EventBus,
  ) {}

  // #region nested
  @CommandHandler(PlaceOrder)
  async place({ orderId, item }: PlaceOrder, context: MessageContext): Promise<string> {
    this.logger.log(`placing ${orderId} for ${context.header(tenant)}`);
    // The context is not handed on: with propagateContext these commands know what causes them.
    await this.commands.dispatch(new ReserveStock(item));
    await this.commands.dispatch(new ChargeCustomer(orderId), { timeout: 1_000 });
    await this.events.publish(new OrderPlaced(orderId, item));
    return orderId;
  }
  // #endregion

  @CommandHandler(ChargeCustomer)
  async charge({ orderId }: ChargeCustomer, context: MessageContext): Promise<void> {
    this.logger.log(`charging ${orderId}, at most ${Math.ceil(context.remaining / 1_000)} s`);
    await delay(20, undefined, { signal: context.signal });
  }

  @EventsHandler(OrderPlaced)
  async count({ item }: OrderPlaced): Promise<void> {
    await delay(5);
    this.logger.log(`one more ${item} sold`);
  }

  @Saga(OrderPlaced)
  receipt({ orderId }: OrderPlaced): SendReceipt {
    return new SendReceipt(orderId);
  }

  @CommandHandler(SendReceipt)
  async send({ orderId }: SendReceipt): Promise<void> {
    await delay(5);
    this.logger.log(`receipt for ${orderId} sent`);
  }
}
