import { Injectable } from '@nestjs/common';
import {
  Command,
  CommandHandler,
  delivery,
  Durable,
  Event,
  EventsHandler,
  later,
  Message,
  Saga,
  UnrecoverableException,
  type MessageContext,
} from 'nestjs-cqrs';

/** What has been sent, by message. */
@Injectable()
export class Mailbox {
  readonly sent = new Map<string, string>();

  /** Sends a mail once, however often it is asked with this key. */
  async send(to: string, key: string): Promise<void> {
    if (to === 'offline@example.org') throw new Error('the mail server is away');
    this.sent.set(key, to);
  }
}

// #region command
@Durable({ retry: { limit: 10, delay: 2_000 } })
@Message({ name: 'mail.send' })
export class SendMail extends Command {
  constructor(
    readonly to: string,
    readonly orderId: string,
  ) {
    super();
  }
}
// #endregion

@Message({ name: 'order.placed' })
export class OrderPlaced extends Event {
  constructor(
    readonly orderId: string,
    readonly email: string,
  ) {
    super();
  }
}

// #region handler
@CommandHandler(SendMail)
export class SendMailHandler {
  constructor(private readonly mailbox: Mailbox) {}

  async execute({ to }: SendMail, context: MessageContext): Promise<void> {
    if (!to.includes('@')) throw new UnrecoverableException(`"${to}" is not an address`);
    await this.mailbox.send(to, context.messageId);
  }
}
// #endregion

/** Lines of an account book. */
@Injectable()
export class Ledger {
  readonly lines: string[] = [];
}

// #region event-handler
@EventsHandler(OrderPlaced)
@Durable('bookkeeping', { retry: { limit: 20 } })
export class Bookkeeping {
  constructor(private readonly ledger: Ledger) {}

  handle({ orderId }: OrderPlaced, context: MessageContext): void {
    const { attempt = 1, attempts = 1 } = context.header(delivery) ?? {};
    this.ledger.lines.push(`${orderId}, attempt ${attempt} of ${attempts}`);
  }
}
// #endregion

// #region later
export class Reminders {
  @Saga(OrderPlaced)
  remind = ({ email, orderId }: OrderPlaced) =>
    later(new SendMail(email, orderId), { delay: 3 * 24 * 3_600_000, messageId: `reminder of ${orderId}` });
}
// #endregion

@Durable()
@Message({ name: 'report.build' })
export class BuildReport extends Command {}

@Injectable()
export class BuildReportHandler {
  constructor(private readonly ledger: Ledger) {}

  @CommandHandler(BuildReport)
  build(): void {
    this.ledger.lines.push('report');
  }
}
