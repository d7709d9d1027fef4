import { QueryHandler } from 'nestjs-cqrs';
import { ListShippingQueues } from '../contracts/queues.js';
import { QueueReport } from '../storage/queue-report.js';

@QueryHandler(ListShippingQueues)
export class ShippingQueuesHandler {
  constructor(private readonly report: QueueReport) {}

  execute() {
    return this.report.read();
  }
}
