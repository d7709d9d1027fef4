import { Injectable } from '@nestjs/common';
import {
  Command,
  CommandHandler,
  CqrsModule,
  EventsHandler,
  Query,
  QueryHandler,
  Saga,
  Wiring,
  type CqrsModuleOptions,
} from '../../../lib/index.js';
import { scenario, track } from '../../../lib/testing/index.js';
import { start } from '../../support/application.js';

class Save extends Command {}
class Find extends Query<string> {}
class Saved {}
class DraftSaved extends Saved {}

@CommandHandler(Save)
class SaveHandler {
  async execute(): Promise<void> {}
}
@QueryHandler(Find)
class FindHandler {
  async execute() {
    return 'found';
  }
}
@EventsHandler(Saved)
class MailOnSaved {
  handle() {}
}
@EventsHandler(Saved)
class LogOnSaved {
  handle() {}
}

const application = (options: CqrsModuleOptions, ...providers: (new () => object)[]) =>
  start({ imports: [CqrsModule.forRoot(options)], providers });

describe('A command or query that is published', () => {
  it('is refused, like an event that is dispatched', async () => {
    const { events, commands } = await application({}, SaveHandler, FindHandler, MailOnSaved, LogOnSaved);
    await expect(events.publish(new Save())).rejects.toThrow(
      'No handler found for the event: "Save". SaveHandler handles it as a command: send it through the command bus. [CQRS_HANDLER_NOT_FOUND]',
    );
    await expect(events.publishAll([new Find()])).rejects.toThrow(
      'No handler found for the event: "Find". FindHandler handles it as a query: send it through the query bus. [CQRS_HANDLER_NOT_FOUND]',
    );
    await expect(commands.dispatch(new Saved())).rejects.toThrow(
      'No handler found for the command: "Saved". MailOnSaved handles it as an event: publish it on the event bus. [CQRS_HANDLER_NOT_FOUND]',
    );
  });

  it('is refused each time, and a subclass too', async () => {
    class SaveAll extends Save {}
    const { events } = await application({}, SaveHandler);
    for (const message of [new Save(), new Save(), new SaveAll()])
      await expect(events.publish(message)).rejects.toMatchObject({ code: 'CQRS_HANDLER_NOT_FOUND' });
  });

  it('passes where an event handler or a saga names it', async () => {
    @EventsHandler(Save)
    class Listens {
      handle() {}
    }
    const handled = await application({}, SaveHandler, Listens);
    const { published } = await track(handled.app).publish(new Save());
    expect(published.handledBy).toEqual(['Listens']);
    class Archive extends Command {}
    @Injectable()
    class Sagas {
      @Saga(Save)
      react() {
        return new Archive();
      }
    }
    const reacted = await application({}, SaveHandler, Sagas);
    await scenario(reacted.app)
      .stubbed(Archive)
      .when(() => reacted.events.publish(new Save()))
      .sends(new Archive());
  });
});

describe('An event handler that is declared and not provided', () => {
  const told = (event: string, handler: string) =>
    `The event "${event}" does not reach ${handler}, which is declared but not provided: list it among the providers of a module that the application imports, or set events: { notProvided: 'ignore' }.`;

  it('is warned about, once, at the first publish', async () => {
    const { events, log } = await application({}, MailOnSaved);
    expect(log.warnings).toEqual([]);
    await events.publish(new Saved());
    await events.publish(new Saved());
    expect(log.warnings).toEqual([told('Saved', 'LogOnSaved')]);
  });

  it('is found by the classes that an event extends', async () => {
    const { events, log } = await application({}, MailOnSaved);
    await events.publish(new DraftSaved());
    expect(log.warnings).toEqual([told('DraftSaved', 'LogOnSaved')]);
  });

  it('is not warned about where it is provided, by whatever way', async () => {
    class OwnLog extends LogOnSaved {}
    for (const provider of [LogOnSaved, OwnLog, { provide: LogOnSaved, useValue: { handle() {} } }]) {
      const { events, log } = await start({ imports: [CqrsModule], providers: [MailOnSaved, provider] });
      await events.publish(new Saved());
      expect(log.warnings).toEqual([]);
    }
  });

  it('is not warned about where another decorated class stands in its place', async () => {
    class Sent {}
    @EventsHandler(Sent)
    class Real {
      handle() {}
    }
    @EventsHandler(Sent)
    class Fake {
      handle() {}
    }
    for (const providers of [[{ provide: Real, useClass: Fake }], [Fake, { provide: Real, useExisting: Fake }]]) {
      const { events, log } = await start({ imports: [CqrsModule], providers });
      await events.publish(new Sent());
      expect(log.warnings).toEqual([]);
    }
  });

  it("is not warned about under notProvided: 'ignore'", async () => {
    const { events, log } = await application({ events: { notProvided: 'ignore' } }, MailOnSaved);
    await events.publish(new Saved());
    expect(log.warnings).toEqual([]);
  });

  it('is told by each application for itself', async () => {
    const [one, other] = [await application({}, MailOnSaved), await application({}, LogOnSaved)];
    await one.events.publish(new Saved());
    await other.events.publish(new Saved());
    // Nest has one logger for the process: that of the application that was started last.
    expect(other.log.warnings).toEqual([told('Saved', 'LogOnSaved'), told('Saved', 'MailOnSaved')]);
  });

  it('is listed by the wiring on request', async () => {
    const { app } = await application({}, MailOnSaved, SaveHandler);
    const wiring = app.get(Wiring);
    expect(wiring.notProvided).toEqual(expect.arrayContaining(['FindHandler', 'LogOnSaved']));
    expect(wiring.notProvided).not.toContain('MailOnSaved');
    expect(wiring.toText()).not.toContain('Not provided');
    expect(wiring.toText({ notProvided: true })).toMatch(/\nNot provided\n( {2}\w+\n)* {2}LogOnSaved/);
  });

  it('with the right name and no decorator is told, too', async () => {
    class Renamed {}
    class RenamedHandler {
      handle() {}
    }
    const { events, log } = await application({}, RenamedHandler);
    await events.publish(new Renamed());
    expect(log.warnings).toEqual([
      'The event "Renamed" reaches no handler. RenamedHandler in RootTestModule has no decorator: decorate it with @EventsHandler(Renamed).',
    ]);
  });
});
