import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Command, CommandBus, CommandHandler, Durable, EventsHandler, QueryHandler } from 'nestjs-cqrs';
import { OrderPlaced } from '../contracts/order.js';
import { QuoteShipping } from '../contracts/shipping.js';
import { Database } from '../storage/database.js';

/** Handled in this process, and not exposed: no other process can send it here. */
class BookCourier extends Command {
  constructor(readonly orderId: string) {
    super();
  }
}

@Injectable()
export class Shipping implements OnModuleInit {
  constructor(
    private readonly commands: CommandBus,
    private readonly database: Database,
  ) {}

  async onModuleInit(): Promise<void> {
    await this.database.query('create table if not exists shop_couriers (order_id text primary key)');
  }

  @QueryHandler(QuoteShipping)
  quote({ weight }: QuoteShipping): bigint {
    return BigInt(Math.ceil(weight)) * 250n;
  }

  @EventsHandler(OrderPlaced)
  @Durable('couriers')
  async prepare({ orderId }: OrderPlaced): Promise<void> {
    await this.commands.dispatch(new BookCourier(orderId));
  }

  @CommandHandler(BookCourier)
  async book({ orderId }: BookCourier): Promise<void> {
    await this.database.query('insert into shop_couriers values ($1) on conflict do nothing', [orderId]);
  }
}
