import { Message, Upcast } from 'nestjs-cqrs';

/** Part of the event; named in `nested`, so that it is revived as an instance. */
export class Customer {
  constructor(
    readonly firstName: string,
    readonly lastName: string,
  ) {}

  get initials(): string {
    return `${this.firstName[0]}${this.lastName[0]}`;
  }
}

// #region class
interface Version1 {
  readonly orderId: string;
  readonly customer: string;
  readonly totalInCents: bigint;
  readonly placedAt: Date;
  readonly quantities: Map<string, number>;
}

@Message({ name: 'shop.order.placed', version: 2, aliases: ['shop.order-placed'], nested: [Customer] })
export class OrderPlaced {
  constructor(
    readonly orderId: string,
    readonly customer: Customer,
    readonly totalInCents: bigint,
    readonly placedAt: Date,
    readonly quantities: Map<string, number>,
  ) {}

  get articles(): number {
    return [...this.quantities.values()].reduce((sum, quantity) => sum + quantity, 0);
  }

  /** Version 1 had one text for the name. */
  @Upcast(1)
  static splitCustomer({ customer, ...rest }: Version1) {
    const [firstName = '', ...others] = customer.split(' ');
    return { ...rest, customer: new Customer(firstName, others.join(' ')) };
  }
}
// #endregion
