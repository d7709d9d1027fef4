import {
  Command,
  CommandBus,
  CommandHandler,
  CqrsModule,
  Event,
  EventBus,
  EventsHandler,
  MessageContext,
  Query,
  QueryBus,
  QueryHandler,
  Saga,
  type MessageType,
} from '../../../lib/index.js';
import { observe, type Probe } from '../../../lib/extension.js';
import { testApp } from '../../../lib/testing/index.js';

class Outer extends Command<string> {}
class Inner extends Command<string> {}

class Handlers {
  constructor(private readonly commands: CommandBus) {}

  @CommandHandler(Outer)
  async outer() {
    return this.commands.execute(new Inner());
  }

  @CommandHandler(Inner)
  inner() {
    return `${MessageContext.current().type.name} of ${MessageContext.current().parent?.type.name}`;
  }
}

/** Sleeps when it is told to. */
class Sleeper implements Probe {
  isSleeping = true;
  readonly seen: [MessageType, MessageType | undefined][] = [];

  isAsleep(): boolean {
    return this.isSleeping;
  }

  wrap: NonNullable<Probe['wrap']> =
    ({ at }, run) =>
    (message, context) => {
      if (at === 'dispatch') this.seen.push([context.type, context.parent?.type]);
      return run(message, context);
    };
}

it('a probe that sleeps leaves contexts of propagateContext as they are, and sees them when it is awake', async () => {
  const app = await testApp({
    imports: [CqrsModule.forRoot({ propagateContext: true })],
    providers: [{ provide: Handlers, useFactory: (bus: CommandBus) => new Handlers(bus), inject: [CommandBus] }],
  });
  const probe = new Sleeper();
  observe(app, probe);
  const answers: string[] = [];
  for (const isSleeping of [true, false, true]) {
    probe.isSleeping = isSleeping;
    answers.push(await app.get(CommandBus).execute(new Outer()));
  }
  expect(answers).toEqual(['Inner of Outer', 'Inner of Outer', 'Inner of Outer']);
  expect(probe.seen).toEqual([
    [Outer, undefined],
    [Inner, Outer],
  ]);
  await app.close();
});

class Happened extends Event {}
class Followed extends Event {}
class Ask extends Query<number> {}
class Next extends Command {}

class Many {
  /** What the first handler of an event, and that of the query, do. */
  during: () => void = () => undefined;

  @EventsHandler(Happened)
  first() {
    this.during();
  }

  @EventsHandler(Happened)
  async second(): Promise<void> {}

  @Saga(Followed)
  follow() {
    return new Next();
  }

  @CommandHandler(Next)
  async next(): Promise<void> {}

  @QueryHandler(Ask)
  async ask() {
    this.during();
    return 1;
  }
}

/** Writes down the dispatches, and where events and sagas begin. */
class Writer extends Sleeper {
  asked = 0;
  readonly begun: string[] = [];

  override isAsleep(): boolean {
    this.asked += 1;
    return this.isSleeping;
  }

  publish({ event }: { event: object }): undefined {
    this.begun.push(`publish ${event.constructor.name}`);
  }

  sagaWorks(): undefined {
    this.begun.push('sagaWorks');
  }

  sagaEmits(): undefined {
    this.begun.push('sagaEmits');
  }
}

describe('a probe that sleeps', () => {
  const watched = async () => {
    const app = await testApp({ imports: [CqrsModule.forRoot()], providers: [Many] });
    const probe = new Writer();
    observe(app, probe);
    return { app, probe, many: app.get(Many), events: app.get(EventBus), queries: app.get(QueryBus) };
  };

  it('is asked once for each message, each saga that is given an event, and each command of a saga', async () => {
    const { app, probe, events, queries } = await watched();
    const counts = [];
    for (const send of [
      () => queries.ask(new Ask()),
      () => events.publish(new Happened()),
      () => events.publish(new Followed()),
    ]) {
      await send();
      await new Promise(resolve => setImmediate(resolve));
      probe.asked = 0;
      await send();
      await new Promise(resolve => setImmediate(resolve));
      counts.push(probe.asked);
    }
    // The last: an event, its saga, the command of the saga as such and as a message.
    expect(counts).toEqual([1, 1, 4]);
    expect([probe.begun, probe.seen]).toEqual([[], []]);
    await app.close();
  });

  it('is told nothing of a message in which it wakes up, and all of the next', async () => {
    const { app, probe, many, events, queries } = await watched();
    many.during = () => void (probe.isSleeping = false);
    await events.publish(new Happened());
    expect([probe.begun, probe.seen]).toEqual([[], []]);
    probe.isSleeping = true;
    await queries.ask(new Ask());
    expect(probe.seen).toEqual([]);
    await events.publish(new Happened());
    expect(probe.begun).toEqual(['publish Happened']);
    expect(probe.seen.map(([type]) => type)).toEqual([Happened, Happened]);
    await app.close();
  });

  it('sees to its end what it has begun to see, when it falls asleep meanwhile', async () => {
    const { app, probe, many, events } = await watched();
    probe.isSleeping = false;
    many.during = () => void (probe.isSleeping = true);
    await events.publish(new Happened());
    expect(probe.seen.map(([type]) => type)).toEqual([Happened, Happened]);
    await events.publish(new Happened());
    expect(probe.begun).toEqual(['publish Happened']);
    expect(probe.seen).toHaveLength(2);
    await app.close();
  });
});
