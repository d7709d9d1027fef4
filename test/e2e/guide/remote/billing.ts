import { Injectable } from '@nestjs/common';
import {
  Command,
  CommandHandler,
  Event,
  EventsHandler,
  Message,
  QueryHandler,
  StreamQuery,
  type MessageContext,
} from 'nestjs-cqrs';

// #region message
@Message({ name: 'billing.charge' })
export class Charge extends Command<{ paymentId: string; paidAt: Date }> {
  constructor(
    readonly account: string,
    readonly cents: bigint,
  ) {
    super();
  }
}
// #endregion

// #region rows
@Message({ name: 'billing.list-invoices' })
export class ListInvoices extends StreamQuery<{ number: number; due: Date }> {
  constructor(readonly year: number) {
    super();
  }
}
// #endregion

// #region event
@Message({ name: 'orders.placed' })
export class OrderPlaced extends Event {
  constructor(readonly orderId: string) {
    super();
  }
}
// #endregion

// #region declined
@Message({ name: 'billing.card-declined' })
export class CardDeclined extends Error {
  constructor(
    readonly reason: string,
    readonly until: Date,
  ) {
    super(`The card is declined: ${reason}.`);
  }
}
// #endregion

/** What happened in the process of billing. */
export const billed = {
  orders: [] as string[],
  contexts: [] as MessageContext[],
  rows: 0,
  aborted: undefined as Promise<unknown> | undefined,
};

@Injectable()
export class Billing {
  @CommandHandler(Charge)
  async charge({ account, cents }: Charge, context: MessageContext) {
    billed.contexts.push(context);
    if (account === 'declined') throw new CardDeclined('too often', new Date(0));
    if (account === 'broken') throw new RangeError('odd');
    if (account === 'slow') {
      billed.aborted = new Promise(resolve => context.signal.addEventListener('abort', resolve, { once: true }));
      await billed.aborted;
    }
    return { paymentId: `${account}-${cents}`, paidAt: new Date(0) };
  }

  @QueryHandler(ListInvoices)
  async *list({ year }: ListInvoices) {
    for (let number = 1; number <= 100_000; number++) {
      billed.rows = number;
      yield { number, due: new Date(Date.UTC(year, 0, number)) };
    }
  }

  @EventsHandler(OrderPlaced)
  bill({ orderId }: OrderPlaced): void {
    billed.orders.push(orderId);
  }
}
