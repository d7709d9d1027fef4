import { Command, Message, StreamQuery } from 'nestjs-cqrs';

// #region charge
@Message({ name: 'payment.charge' })
export class Charge extends Command<Receipt> {
  constructor(
    readonly customer: string,
    readonly cents: bigint,
  ) {
    super();
  }
}

export interface Receipt {
  readonly paymentId: string;
  readonly paidAt: Date;
}
// #endregion

@Message({ name: 'payment.list' })
export class ListPayments extends StreamQuery<Payment> {
  constructor(readonly customer: string) {
    super();
  }
}

export interface Payment extends Receipt {
  readonly cents: bigint;
}

// #region declined
@Message({ name: 'payment.declined' })
export class PaymentDeclined extends Error {
  constructor(
    readonly customer: string,
    readonly left: bigint,
  ) {
    super(`${customer} has ${left} cents left.`);
  }
}
// #endregion
