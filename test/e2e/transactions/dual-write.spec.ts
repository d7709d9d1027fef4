import { Command, CommandHandler, CqrsModule, Durable, Event, EventsHandler, Message } from 'nestjs-cqrs';
import { Transactional, type DurableTransport } from 'nestjs-cqrs/extension';
import { MemoryTransport } from 'nestjs-cqrs/testing';
import { start } from '../../support/application.js';
import { MemoryUnits } from './memory-units.js';

@Message({ name: 'dual.saved' })
class Saved extends Event {}

@Message({ name: 'dual.moved' })
class Moved extends Event {}

@Durable()
@Message({ name: 'dual.count' })
@Transactional()
class Count extends Command {}

const handled: string[] = [];

class Handlers {
  @EventsHandler(Saved, Moved)
  @Durable('bookkeeping')
  book(event: object): void {
    handled.push(event.constructor.name);
  }

  @CommandHandler(Count)
  count(): void {
    handled.push('Count');
  }
}

const shop = (engine: MemoryTransport, transport: DurableTransport = engine) =>
  start({
    imports: [CqrsModule.forRoot({ unitOfWork: new MemoryUnits(engine), durable: { transport } })],
    providers: [Handlers],
  });

beforeEach(() => (handled.length = 0));

it('An event with a durable handler that is published outside of a unit of work is warned of once for each class', async () => {
  const engine = new MemoryTransport();
  const { events, log } = await shop(engine);
  await events.publishAll([new Saved(), new Saved(), new Moved(), new Saved()]);
  const warning = (name: string) =>
    `"${name}" is stored for bookkeeping outside of a unit of work: a process that dies between a commit and this publish loses it. Publish it in a handler with @Transactional().`;
  expect(log.warnings).toEqual([warning('Saved'), warning('Moved')]);
  await engine.settled();
  expect(handled.toSorted()).toEqual(['Moved', 'Saved', 'Saved', 'Saved']);
});

it('A stored command runs in a unit of work also where its engine cannot end deliveries in a transaction', async () => {
  const engine = new MemoryTransport();
  const plain: DurableTransport = Object.create(engine, {
    work: {
      value: (...[queue, run]: Parameters<DurableTransport['work']>) =>
        engine.work(queue, delivery => run({ ...delivery, settleIn: undefined } as never)),
    },
  });
  const { commands, log } = await shop(engine, plain);
  await commands.enqueue(new Count());
  await engine.settled();
  expect([handled, log.errors]).toEqual([['Count'], []]);
});
