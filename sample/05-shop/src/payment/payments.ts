import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { CommandHandler, QueryHandler } from 'nestjs-cqrs';
import { Charge, ListPayments, PaymentDeclined, type Payment, type Receipt } from '../contracts/payment.js';

const LIMIT = 10_000n;

// #region handlers
/** In memory, to keep the sample short: what a killed process forgets here, its invoices keep. */
@Injectable()
export class Payments {
  private readonly byCustomer = new Map<string, Payment[]>();

  @CommandHandler(Charge)
  async charge({ customer, cents }: Charge): Promise<Receipt> {
    const earlier = this.byCustomer.get(customer) ?? [];
    const left = earlier.reduce((rest, payment) => rest - payment.cents, LIMIT);
    if (cents > left) throw new PaymentDeclined(customer, left);
    const receipt = { paymentId: randomUUID(), paidAt: new Date() };
    this.byCustomer.set(customer, [...earlier, { ...receipt, cents }]);
    return receipt;
  }

  @QueryHandler(ListPayments)
  async *list({ customer }: ListPayments): AsyncGenerator<Payment> {
    yield* this.byCustomer.get(customer) ?? [];
  }
}
// #endregion
