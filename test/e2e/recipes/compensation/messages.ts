import { Command, Event } from 'nestjs-cqrs';

// #region messages
abstract class OrderCommand extends Command {
  constructor(readonly orderId: string) {
    super();
  }
}
export class PlaceOrder extends OrderCommand {}
export class TakePayment extends OrderCommand {}
export class ShipOrder extends OrderCommand {}
// What undoes the first two of them.
export class RefundPayment extends OrderCommand {}
export class CancelOrder extends OrderCommand {}

abstract class OrderEvent extends Event {
  constructor(readonly orderId: string) {
    super();
  }
}
export class OrderPlaced extends OrderEvent {}
export class PaymentTaken extends OrderEvent {}
export class PaymentFailed extends OrderEvent {}
export class OrderShipped extends OrderEvent {}
export class ShippingFailed extends OrderEvent {}
export class PaymentRefunded extends OrderEvent {}
export class OrderCancelled extends OrderEvent {}
// #endregion
