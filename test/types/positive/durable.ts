import {
  Command,
  CommandBus,
  CommandHandler,
  ContextOrigin,
  CqrsModule,
  DeadLetters,
  delivery,
  Durable,
  Event,
  EventsHandler,
  later,
  Message,
  Queues,
  route,
  Saga,
  schedule,
  Schedules,
  UnrecoverableException,
  type DeadMessage,
  type MessageContext,
  type QueueState,
  type Receipt,
} from 'nestjs-cqrs';
import type { DurableTransport, Outcome } from 'nestjs-cqrs/extension';
import { MemoryRemote, MemoryTransport } from 'nestjs-cqrs/testing';

@Durable()
class Plain extends Command {}

@Durable({ retry: { limit: 3 }, retryIf: error => error instanceof TypeError, concurrency: 2 })
@Message({ name: 'mail.send' })
class SendMail extends Command<string> {
  constructor(readonly to: string) {
    super();
  }
}

@Durable({ key: (message: Keyed) => message.account })
class Keyed extends Command {
  constructor(readonly account: string) {
    super();
  }
}

/** With a private constructor, and without a base class. */
@Durable()
class Sealed {
  private constructor(readonly id: string) {}
  static of(id: string) {
    return new Sealed(id);
  }
}

class Placed extends Event {
  constructor(readonly orderId: string) {
    super();
  }
}
class Shipped extends Placed {}

class Books {
  @EventsHandler(Placed)
  @Durable('bookkeeping', { key: (event: Placed) => event.orderId, retry: { delay: 500, backoff: false } })
  book(event: Placed, context: MessageContext): number {
    return context.header(delivery)?.attempt ?? event.orderId.length;
  }

  @Durable('either')
  @EventsHandler(Placed, Shipped)
  async either(event: Placed | Shipped): Promise<void> {
    await Promise.resolve(event);
  }

  /** The key takes a base class. */
  @EventsHandler(Shipped)
  @Durable('base', { key: (event: Placed) => event.orderId })
  base(event: Shipped): void {
    throw new UnrecoverableException(event.orderId, new Error('why'));
  }

  @EventsHandler(Placed)
  @Durable('nothing')
  nothing(): void {}
}

@EventsHandler(Placed)
@Durable('shipping', { key: (event: Placed) => event.orderId })
class Ship {
  handle(event: Placed): string {
    return event.orderId;
  }
}

class Reminders {
  @Saga(Placed)
  remind = (event: Placed) => later(new SendMail(event.orderId), { delay: 1000 });

  @Saga(Placed)
  several = (event: Placed) => [new Keyed(event.orderId), later(new Plain(), { at: new Date(), key: 'k' })];
}

class Handlers {
  @CommandHandler(SendMail)
  send(command: SendMail): string {
    return command.to;
  }
}

const transport: DurableTransport = new MemoryTransport();
CqrsModule.forRoot({
  durable: {
    transport,
    retry: { limit: 1, backoff: true, maxDelay: 5 },
    concurrency: 4,
    work: false,
    elsewhere: [SendMail, Sealed, 'mail.*'],
    schedules: [schedule('nightly', new Plain(), { cron: '0 3 * * *', timeZone: 'Europe/Berlin' })],
  },
  routes: [route(Placed).to(new MemoryRemote().transport(), { durable: true })],
});

export async function use(
  commands: CommandBus,
  letters: DeadLetters,
  queues: Queues,
  schedules: Schedules,
  context: MessageContext,
): Promise<unknown> {
  const receipt: Receipt = await commands.enqueue(new SendMail('ada'));
  const isDuplicate: boolean = receipt.isDuplicate;
  await commands.enqueue(Sealed.of('1'), context);
  await commands.enqueue(new Plain(), new ContextOrigin());
  await commands.enqueue(new Plain(), {
    delay: 5,
    key: 'k',
    messageId: 'm',
    retry: { limit: 0 },
    context,
    transaction: {},
  });
  const receipts: Receipt[] = await commands.enqueueAll([new Plain(), new SendMail('bo')], { at: new Date() });
  const dead: DeadMessage[] = await letters.list({ queue: 'mail.send', after: 'id', limit: 5 });
  const count: number = await letters.redrive({ queue: 'q', ids: ['1'], onProgress: done => done.toFixed() });
  await letters.discard({ queue: 'q', ids: ['1'] });
  await letters.discard({ queue: 'q', all: true, onProgress: done => done.toFixed() });
  const states: QueueState[] = await queues.list();
  await schedules.set(schedule('hourly', new Plain(), { cron: '0 * * * *' }));
  const outcome: Outcome = { isDone: true };
  return [isDuplicate, receipts, dead, count, states, outcome, Books, Ship, Reminders, Handlers, new Keyed('a')];
}
