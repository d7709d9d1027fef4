import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Command, CommandHandler, Durable, Message, UnrecoverableException, type MessageContext } from 'nestjs-cqrs';
import { Database } from '../storage/database.js';

// #region command
/** Stored by `enqueue()`. A mail that fails is tried again. */
@Durable({ retry: { limit: 20, delay: 1_000 } })
@Message({ name: 'mail.send' })
export class SendMail extends Command {
  constructor(
    readonly customer: string,
    readonly text: string,
  ) {
    super();
  }
}
// #endregion

export interface Mail {
  readonly id: string;
  readonly text: string;
  /** How often the handler was given it. */
  readonly deliveries: number;
}

/** "Sends" mails: each is a row. */
@Injectable()
export class Mails implements OnModuleInit {
  constructor(private readonly database: Database) {}

  async onModuleInit(): Promise<void> {
    await this.database.query(
      'create table if not exists shop_mails (id text primary key, customer text, text text, deliveries int default 1)',
    );
  }

  // #region handler
  /**
   * A durable message is delivered at least once: a process that is killed here, after the mail went out, is given the
   * mail again. So the mail is known by its messageId, and goes out once.
   */
  @CommandHandler(SendMail)
  async send({ customer, text }: SendMail, { messageId }: MessageContext): Promise<void> {
    if (customer === 'ghost') throw new UnrecoverableException('ghost has no mailbox');
    await this.database.query(
      `insert into shop_mails (id, customer, text) values ($1, $2, $3)
       on conflict (id) do update set deliveries = shop_mails.deliveries + 1`,
      [messageId, customer, text],
    );
    // A mail server takes its time to answer.
    await pause(50);
  }
  // #endregion

  of(customer: string): Promise<Mail[]> {
    return this.database.query('select id, text, deliveries from shop_mails where customer = $1 order by id', [
      customer,
    ]);
  }
}
