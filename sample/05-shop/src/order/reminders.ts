import { Injectable } from '@nestjs/common';
import { Command, CommandBus, CommandHandler, Durable, Message } from 'nestjs-cqrs';
import { SendMail } from './mails.js';

// #region reminders
/** Stored with the order, and handled later. A restart in the meantime does not matter. */
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

  @CommandHandler(RemindCustomer)
  async remind({ orderId, customer }: RemindCustomer): Promise<void> {
    const mail = new SendMail(customer, `How do you like your order ${orderId}?`);
    await this.commands.enqueue(mail, { messageId: `reminder-${orderId}` });
  }
}
// #endregion
