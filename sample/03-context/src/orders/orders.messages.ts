import { Command, Event, header, Timeout } from 'nestjs-cqrs';

/** Whose order it is; travels with everything that a request causes. */
export const tenant = header<string>('tenant');

export class PlaceOrder extends Command<string> {
  constructor(
    readonly orderId: string,
    readonly item: string,
  ) {
    super();
  }
}

@Timeout(2_000)
export class ChargeCustomer extends Command {
  constructor(readonly orderId: string) {
    super();
  }
}

export class OrderPlaced extends Event {
  constructor(
    readonly orderId: string,
    readonly item: string,
  ) {
    super();
  }
}

export class SendReceipt extends Command {
  constructor(readonly orderId: string) {
    super();
  }
}
