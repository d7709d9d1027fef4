import { Injectable } from '@nestjs/common';
import { Command, CommandBus, CommandHandler, EventsHandler, QueryHandler } from 'nestjs-cqrs';
import { OrderPlaced } from '../contracts/order.js';
import { QuoteShipping } from '../contracts/shipping.js';

/** Handled in this process, and not exposed: no other process can send it here. */
class BookCourier extends Command {
  constructor(readonly orderId: string) {
    super();
  }
}

@Injectable()
export class Shipping {
  private readonly booked = new Set<string>();

  constructor(private readonly commands: CommandBus) {}

  @QueryHandler(QuoteShipping)
  quote({ weight }: QuoteShipping): bigint {
    return BigInt(Math.ceil(weight)) * 250n;
  }

  @EventsHandler(OrderPlaced)
  async prepare({ orderId }: OrderPlaced): Promise<void> {
    await this.commands.dispatch(new BookCourier(orderId));
  }

  @CommandHandler(BookCourier)
  async book({ orderId }: BookCourier): Promise<void> {
    this.booked.add(orderId);
  }
}
