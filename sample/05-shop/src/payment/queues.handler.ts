import { QueryHandler } from 'nestjs-cqrs';
import { ListPaymentQueues } from '../contracts/queues.js';
import { QueueReport } from '../storage/queue-report.js';

@QueryHandler(ListPaymentQueues)
export class PaymentQueuesHandler {
  constructor(private readonly report: QueueReport) {}

  execute() {
    return this.report.read();
  }
}
