import { Controller, Get, Param } from '@nestjs/common';
import { QueryBus } from 'nestjs-cqrs';
import { GetStock } from './stock.messages.js';

@Controller('stock')
export class StockController {
  constructor(private readonly queries: QueryBus) {}

  @Get(':item')
  async left(@Param('item') item: string) {
    return { item, left: await this.queries.ask(new GetStock(item)) };
  }
}
