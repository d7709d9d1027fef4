import { Injectable, Module, Scope } from '@nestjs/common';
import {
  Command,
  CommandBus,
  CommandHandler,
  CqrsModule,
  Durable,
  Event,
  EventBus,
  EventsHandler,
  expose,
  later,
  Message,
  type MessageContext,
  ObservedLinks,
  Query,
  QueryBus,
  QueryHandler,
  route,
  Saga,
  StreamQuery,
  type MiddlewareFunction,
} from '../../../../lib/index.js';
import { MemoryRemote, MemoryTransport, track } from '../../../../lib/testing/index.js';
import { start } from '../../../support/application.js';

const pairsOf = (links: ObservedLinks) => links.toJSON().links.map(({ from, to, count }) => `${from} → ${to} ${count}`);

@Durable()
@Message({ name: 'mails.send' })
class SendMail extends Command {}
@Message({ name: 'prices.ask' })
class AskPrice extends Query<number> {}
@Message({ name: 'orders.placed' })
class Placed extends Event {}
class Place extends Command {}
class Note extends Command {}
class Rows extends StreamQuery<number> {}

describe('Senders of observed links', () => {
  it('are what stores a message, and the store that hands it out', async () => {
    @Injectable()
    class Mails {
      constructor(private readonly commands: CommandBus) {}
      @CommandHandler(Place)
      async place() {
        await this.commands.enqueue(new SendMail());
      }
      @Saga(Placed)
      remind = () => later(new SendMail());
      @EventsHandler(Placed)
      @Durable('notes')
      async note() {
        await this.commands.execute(new Note());
      }
      @CommandHandler(Note)
      noted() {}
      @CommandHandler(SendMail)
      send() {}
    }
    const transport = new MemoryTransport();
    const { app, commands } = await start({
      imports: [CqrsModule.forRoot({ durable: { transport } })],
      providers: [Mails],
    });
    const links = new ObservedLinks(app);
    await commands.execute(new Place());
    await track(app).publish(new Placed());
    await transport.settled();
    expect(pairsOf(links)).toEqual([
      'RootTestModule/Mails.note → command:Note 1',
      'outside → command:Place 1',
      'RootTestModule/Mails.place → command:SendMail 1',
      'RootTestModule/Mails.remind → command:SendMail 1',
      'store → command:SendMail 2',
      'outside → event:Placed 1',
    ]);
  });

  it('are outside where a message comes from another process, and the handler where it leaves', async () => {
    const prices = new MemoryRemote('prices');
    @QueryHandler(AskPrice)
    class Prices {
      execute() {
        return 10;
      }
    }
    @CommandHandler(Place)
    class PlaceHandler {
      constructor(private readonly queries: QueryBus) {}
      async execute() {
        await this.queries.ask(new AskPrice());
      }
    }
    const serving = await start({
      imports: [CqrsModule.forRoot({ expose: [expose(AskPrice).on(prices.server())] })],
      providers: [Prices],
    });
    const asking = await start({
      imports: [CqrsModule.forRoot({ routes: [route(AskPrice).to(prices.transport())] })],
      providers: [PlaceHandler],
    });
    const [served, asked] = [new ObservedLinks(serving.app), new ObservedLinks(asking.app)];
    await asking.commands.execute(new Place());
    expect(pairsOf(served)).toEqual(['outside → query:AskPrice 1']);
    expect(pairsOf(asked)).toEqual(['outside → command:Place 1', 'RootTestModule/PlaceHandler → query:AskPrice 1']);
  });

  it('are handlers for their middleware, request-scoped handlers, and handlers whose rows are read elsewhere', async () => {
    @CommandHandler(Place, { scope: Scope.REQUEST })
    class PlaceHandler {
      constructor(private readonly queries: QueryBus) {}
      async execute() {
        for await (const row of this.queries.stream(new Rows())) expect(row).toBe(1);
      }
    }
    @QueryHandler(Rows)
    class RowsHandler {
      constructor(private readonly events: EventBus) {}
      async *execute() {
        await this.events.publish(new Placed());
        yield 1;
        await this.events.publish(new Placed());
      }
    }
    @CommandHandler(Note)
    class NoteHandler {
      execute() {}
    }
    const sent: { commands?: CommandBus } = {};
    const noting: MiddlewareFunction = async (message, next) => {
      if (message instanceof Place) await sent.commands!.execute(new Note());
      return next(message);
    };
    const { app, commands } = await start({
      imports: [CqrsModule.forRoot({ commands: { middleware: [noting] } })],
      providers: [PlaceHandler, RowsHandler, NoteHandler],
    });
    sent.commands = commands;
    const links = new ObservedLinks(app);
    await commands.execute(new Place());
    expect(pairsOf(links)).toEqual([
      'RootTestModule/PlaceHandler → command:Note 1',
      'outside → command:Place 1',
      'RootTestModule/RowsHandler → event:Placed 2',
      'RootTestModule/PlaceHandler → query:Rows 1',
    ]);
  });

  it('are what the given context says, wherever the code runs', async () => {
    const contexts: MessageContext[] = [];
    @Injectable()
    class Batches {
      @CommandHandler(Place)
      place(_command: Place, context: MessageContext) {
        contexts.push(context);
      }
      @CommandHandler(Note)
      note() {}
    }
    const { app, commands } = await start({ imports: [CqrsModule.forRoot()], providers: [Batches] });
    const links = new ObservedLinks(app);
    await commands.execute(new Place());
    for (const context of contexts) await commands.execute(new Note(), { context });
    expect(pairsOf(links)).toEqual(['RootTestModule/Batches.place → command:Note 1', 'outside → command:Place 1']);
  });

  it('have the ids of the document where two modules, or two messages, have one name', async () => {
    const modules = [1, 2].map(() => {
      const { Twin } = { Twin: class Twin extends Command {} };
      const { TwinEvent } = { TwinEvent: class TwinEvent extends Event {} };
      @CommandHandler(Twin)
      class TwinHandler {
        constructor(private readonly events: EventBus) {}
        async execute() {
          await this.events.publish(new TwinEvent());
        }
      }
      @Injectable()
      class TwinSagas {
        @Saga(TwinEvent)
        note = () => new Note();
      }
      @Module({ providers: [TwinHandler, TwinSagas] })
      class TwinModule {}
      return { Twin, TwinModule };
    });
    @CommandHandler(Note)
    class NoteHandler {
      execute() {}
    }
    const { app } = await start({
      imports: [CqrsModule.forRoot({ duplicates: 'warn' }), ...modules.map(({ TwinModule }) => TwinModule)],
      providers: [NoteHandler],
    });
    const links = new ObservedLinks(app);
    const [first, second] = modules.map(({ Twin }) => Twin);
    await track(app).execute(new first!());
    for (let run = 0; run < 2; run++) await track(app).execute(new second!());
    expect(pairsOf(links)).toEqual([
      'TwinModule#2/TwinSagas.note → command:Note 2',
      'TwinModule/TwinSagas.note → command:Note 1',
      'outside → command:Twin@TwinModule 1',
      'outside → command:Twin@TwinModule#2 2',
      'TwinModule/TwinHandler → event:TwinEvent@TwinModule 1',
      'TwinModule#2/TwinHandler → event:TwinEvent@TwinModule#2 2',
    ]);
  });
});
