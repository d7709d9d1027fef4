import { Event, Message } from 'nestjs-cqrs';

@Message({ name: 'order.placed' })
export class OrderPlaced extends Event {
  constructor(
    readonly orderId: string,
    readonly customer: string,
    readonly cents: bigint,
  ) {
    super();
  }
}
