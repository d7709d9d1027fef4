import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { CommandHandler, QueryBus, QueryHandler } from 'nestjs-cqrs';
import { GetStock, ReserveStock } from './stock.messages.js';

@Injectable()
export class Stock {
  private readonly logger = new Logger(Stock.name);
  private readonly reserved = new Map<string, number>();

  constructor(private readonly queries: QueryBus) {}

  @CommandHandler(ReserveStock)
  async reserve({ item }: ReserveStock): Promise<void> {
    const left = await this.queries.ask(new GetStock(item));
    this.reserved.set(item, (this.reserved.get(item) ?? 0) + 1);
    this.logger.log(`${item} reserved, ${left - 1} left`);
  }

  @QueryHandler(GetStock)
  async left({ item }: GetStock): Promise<number> {
    await delay(10);
    this.logger.log(`counting ${item}`);
    return 10 - (this.reserved.get(item) ?? 0);
  }
}
