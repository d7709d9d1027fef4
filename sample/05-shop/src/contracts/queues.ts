import { Message, Query, type QueueState } from 'nestjs-cqrs';

export interface QueuesOfService {
  readonly queues: readonly QueueState[];
  readonly deadLetters: readonly {
    readonly id: string;
    readonly queue: string;
    readonly reason?: string | undefined;
  }[];
}

@Message({ name: 'payment.queues' })
export class ListPaymentQueues extends Query<QueuesOfService> {}

@Message({ name: 'shipping.queues' })
export class ListShippingQueues extends Query<QueuesOfService> {}
