import { Controller, Get, Param } from '@nestjs/common';
import { QueryBus } from 'nestjs-cqrs';
import { ListPaymentQueues, ListShippingQueues } from '../contracts/queues.js';
import { QueueReport } from '../storage/queue-report.js';
import { Mails, type Mail } from './mails.js';

@Controller()
export class StorageController {
  constructor(
    private readonly queries: QueryBus,
    private readonly report: QueueReport,
    private readonly mails: Mails,
  ) {}

  /** Numbers and dead letters of the queues of all three services. */
  @Get('queues')
  async queues() {
    const [order, payment, shipping] = await Promise.all([
      this.report.read(),
      this.queries.ask(new ListPaymentQueues()),
      this.queries.ask(new ListShippingQueues()),
    ]);
    return { order, payment, shipping };
  }

  @Get('customers/:customer/mails')
  sent(@Param('customer') customer: string): Promise<Mail[]> {
    return this.mails.of(customer);
  }
}
