import { Command, Event, Message, Query, Validate } from 'nestjs-cqrs';
import { z } from 'zod';

// #region messages
@Message({ name: 'shop.order.place', version: 1 })
@Validate(z.object({ orderId: z.string().min(1), due: z.date() }))
export class PlaceOrder extends Command<{ orderNumber: number }> {
  constructor(
    readonly orderId: string,
    readonly due: Date,
  ) {
    super();
  }
}

@Message({ name: 'shop.order.count', version: 1 })
export class CountOrders extends Query<number> {}

@Message({ name: 'shop.customer.left', version: 1 })
export class CustomerLeft extends Event {
  constructor(readonly customerId: string) {
    super();
  }
}
// #endregion
