import { Readable } from 'node:stream';
import { Body, Controller, Get, Param, Post, StreamableFile } from '@nestjs/common';
import { CommandBus, QueryBus } from 'nestjs-cqrs';
import { ListPayments, type Payment } from '../contracts/payment.js';
import { PlaceOrder } from './orders.js';

@Controller()
export class OrdersController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post('orders')
  async place(@Body() { customer, cents, weight }: { customer: string; cents: number; weight: number }) {
    const order = await this.commands.execute(new PlaceOrder(customer, BigInt(cents), weight));
    return { ...order, cents: Number(order.cents) };
  }

  /** One line of JSON for each payment, as it comes from the other process. */
  @Get('customers/:customer/payments')
  payments(@Param('customer') customer: string): StreamableFile {
    const payments = this.queries.stream(new ListPayments(customer));
    return new StreamableFile(Readable.from(linesOf(payments)), { type: 'application/x-ndjson' });
  }
}

async function* linesOf(payments: AsyncIterable<Payment>) {
  for await (const { cents, ...payment } of payments)
    yield `${JSON.stringify({ ...payment, cents: Number(cents) })}
`;
}
