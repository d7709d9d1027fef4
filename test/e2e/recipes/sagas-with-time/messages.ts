import { Command, Event } from 'nestjs-cqrs';

// #region messages
export class OrderPlaced extends Event {
  constructor(readonly orderId: string) {
    super();
  }
}
export class OrderPaid extends Event {
  constructor(readonly orderId: string) {
    super();
  }
}
export class SendReceipt extends Command {
  constructor(readonly orderId: string) {
    super();
  }
}
export class CancelUnpaidOrder extends Command {
  constructor(readonly orderId: string) {
    super();
  }
}
// #endregion

// #region limits
/** Milliseconds. */
export interface TimeLimits {
  readonly receipt: number;
  readonly payment: number;
}
export const TIME_LIMITS = Symbol('TIME_LIMITS');
// #endregion
