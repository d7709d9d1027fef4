import { Injectable } from '@nestjs/common';
import { Command, CommandBus, CommandHandler, Durable, later, Message, Saga } from 'nestjs-cqrs';
import { OrderPlaced } from '../contracts/order.js';
import { SendMail } from './mails.js';

/** Milliseconds. */
const delay = Number(process.env['REMIND_AFTER'] ?? 20_000);

// #region reminders
@Durable()
@Message({ name: 'order.remind' })
export class RemindCustomer extends Command {
  constructor(
    readonly orderId: string,
    readonly customer: string,
  ) {
    super();
  }
}

@Injectable()
export class Reminders {
  constructor(private readonly commands: CommandBus) {}

  /** Stored when the order is placed. A restart in the meantime does not matter. */
  @Saga(OrderPlaced)
  plan = ({ orderId, customer }: OrderPlaced) => later(new RemindCustomer(orderId, customer), { delay });

  @CommandHandler(RemindCustomer)
  async remind({ orderId, customer }: RemindCustomer): Promise<void> {
    const mail = new SendMail(customer, `How do you like your order ${orderId}?`);
    await this.commands.enqueue(mail, { messageId: `reminder-${orderId}` });
  }
}
// #endregion
