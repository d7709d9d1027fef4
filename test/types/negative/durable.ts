import {
  Command,
  CommandBus,
  CqrsModule,
  DeadLetters,
  Durable,
  Event,
  EventsHandler,
  later,
  schedule,
} from 'nestjs-cqrs';
import { MemoryRemote, MemoryTransport } from 'nestjs-cqrs/testing';

class Plain extends Command {}
class Placed extends Event {
  readonly orderId = '1';
}
class Other extends Event {
  readonly other = 1;
}

declare const commands: CommandBus;
declare const letters: DeadLetters;

// @ts-expect-error: a class in place of an instance
void commands.enqueue(Plain);
// @ts-expect-error: a misspelled option
void commands.enqueue(new Plain(), { dealy: 5 });
// @ts-expect-error: a time is a Date
void commands.enqueue(new Plain(), { at: 'tomorrow' });
// @ts-expect-error: a stored message has no time limit of the caller
void commands.enqueue(new Plain(), { timeout: 5 });
// @ts-expect-error: one command in place of a list
void commands.enqueueAll(new Plain());
// @ts-expect-error: a receipt is no result
const result: string = await commands.enqueue(new Plain());

// @ts-expect-error: a misspelled option
@Durable({ retries: 5 })
class Misspelled extends Command {}

// @ts-expect-error: retry is an object
@Durable({ retry: 5 })
class Retried extends Command {}

// @ts-expect-error: the key of another class
@Durable({ key: (message: Placed) => message.orderId })
class WrongKey extends Command {}

// @ts-expect-error: a key is a text
@Durable({ key: () => 5 })
class NumberKey extends Command {}

class Handlers {
  @EventsHandler(Placed)
  // @ts-expect-error: the key of another event
  @Durable('other', { key: (event: Other) => String(event.other) })
  on(_: Placed): void {}

  // @ts-expect-error: a name is a text
  @Durable(5)
  number(_: Placed): void {}
}

// @ts-expect-error: no cron expression
schedule('nightly', new Plain(), { timeZone: 'UTC' });
// @ts-expect-error: a class in place of an instance
schedule('nightly', Plain, { crom: '* * * * *' });
// @ts-expect-error: a name is a text
schedule(5, new Plain(), { cron: '* * * * *' });
// @ts-expect-error: a saga knows no transaction
later(new Plain(), { transaction: {} });

// @ts-expect-error: durable without a transport
CqrsModule.forRoot({ durable: {} });
// @ts-expect-error: a remote transport stores nothing
CqrsModule.forRoot({ durable: { transport: new MemoryRemote().transport() } });
// @ts-expect-error: a transport in place of options
CqrsModule.forRoot({ durable: new MemoryTransport() });
// @ts-expect-error: a misspelled option
CqrsModule.forRoot({ durable: { transport: new MemoryTransport(), concurency: 5 } });

// @ts-expect-error: the queue is required
void letters.redrive({ ids: ['1'] });
// @ts-expect-error: ids are a list
void letters.redrive({ queue: 'q', ids: '1' });
// @ts-expect-error: which ones?
void letters.discard({ queue: 'q' });
// @ts-expect-error: a misspelled option
void letters.discard({ queue: 'q', id: '1' });
// @ts-expect-error: either, or
void letters.discard({ queue: 'q', ids: ['1'], all: true });
// @ts-expect-error: all is said
void letters.discard({ queue: 'q', all: false });
// @ts-expect-error: a misspelled option
void letters.list({ que: 'q' });
// @ts-expect-error: a name in place of options
void letters.list('q');

export { Handlers, Misspelled, NumberKey, result, Retried, WrongKey };
