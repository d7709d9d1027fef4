import { Injectable } from '@nestjs/common';
import { CommandBus, Durable, EventsHandler } from 'nestjs-cqrs';
import { OrderPlaced } from '../contracts/order.js';
import { SendMail } from './mails.js';

// #region handler
/** The event is stored before the customer gets an answer. The id of the mail makes a second one a duplicate. */
@EventsHandler(OrderPlaced)
@Durable('confirmations')
@Injectable()
export class Confirmations {
  constructor(private readonly commands: CommandBus) {}

  async handle({ orderId, customer }: OrderPlaced): Promise<void> {
    const mail = new SendMail(customer, `We have your order ${orderId}.`);
    await this.commands.enqueue(mail, { messageId: `confirmation-${orderId}` });
  }
}
// #endregion
