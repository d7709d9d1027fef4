import { Message } from 'nestjs-cqrs';

// #region class
@Message({ name: 'shop.order-placed' })
export class OrderPlaced {
  constructor(
    readonly orderId: string,
    /** First and last name. */
    readonly customer: string,
    readonly totalInCents: bigint,
    readonly placedAt: Date,
    readonly quantities: Map<string, number>,
  ) {}
}
// #endregion
