import { Injectable, Module, Scope, type Provider, type Type } from '@nestjs/common';
import {
  Command,
  CommandHandler,
  CqrsModule,
  Event,
  EventsHandler,
  InvalidCommandHandlerException,
  InvalidEventsHandlerException,
  InvalidQueryHandlerException,
  Query,
  QueryHandler,
} from '../../../lib/index.js';
import { refusalOf, start } from '../../support/application.js';

class Save extends Command<string> {}
class Load extends Query<string> {}
class Saved extends Event {
  readonly seenBy: object[] = [];
}

@CommandHandler(Save)
class SaveHandler {
  execute() {
    return Promise.resolve('first');
  }
}

@CommandHandler(Save)
class OtherSaveHandler {
  execute() {
    return Promise.resolve('second');
  }
}

@EventsHandler(Saved)
class SavedHandler {
  handle(event: Saved) {
    event.seenBy.push(this);
  }
}

/** A module of this name. */
const moduleOf = (name: string, ...providers: Provider[]): Type => {
  const type = { [name]: class {} }[name]!;
  Module({ providers, exports: providers.filter(provider => typeof provider === 'function') })(type);
  return type;
};

const problemsOf = async (...imports: Type[]) =>
  (await refusalOf({ imports: [CqrsModule.forRoot(), ...imports] })).problems;

describe('Two handlers of a command or query', () => {
  it('are refused, naming both classes and both modules', async () => {
    const problems = await problemsOf(moduleOf('LeftModule', SaveHandler), moduleOf('RightModule', OtherSaveHandler));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({
      code: 'CQRS_DUPLICATE_HANDLER',
      what: '"Save" has two handlers: SaveHandler in LeftModule, and OtherSaveHandler in RightModule.',
    });
  });

  it('are refused when two modules provide one class', async () => {
    const problems = await problemsOf(moduleOf('LeftModule', SaveHandler), moduleOf('RightModule', SaveHandler));
    expect(problems.map(({ what }) => what)).toEqual([
      'SaveHandler, which handles "Save", is provided by two modules: LeftModule and RightModule.',
    ]);
  });

  it('are refused when they are methods, naming those', async () => {
    class Store {
      @QueryHandler(Load)
      load() {
        return 'one';
      }
      @QueryHandler(Load)
      loadAgain() {
        return 'two';
      }
    }
    const [problem] = await problemsOf(moduleOf('StoreModule', Store));
    expect(problem!.what).toBe(
      '"Load" has two handlers: Store.load in StoreModule, and Store.loadAgain in StoreModule.',
    );
  });

  it('are each refused where there are three', async () => {
    @CommandHandler(Save)
    class Third extends SaveHandler {}
    const problems = await problemsOf(moduleOf('AppModule', SaveHandler, OtherSaveHandler, Third));
    expect(problems.map(({ code }) => code)).toEqual(['CQRS_DUPLICATE_HANDLER', 'CQRS_DUPLICATE_HANDLER']);
  });

  it("are a warning under duplicates: 'warn', and the first serves", async () => {
    const { commands, log } = await start({
      imports: [
        CqrsModule.forRoot({ duplicates: 'warn' }),
        moduleOf('LeftModule', SaveHandler),
        moduleOf('RightModule', OtherSaveHandler),
      ],
    });
    expect(await commands.execute(new Save())).toBe('first');
    expect(log.warnings).toEqual([
      expect.stringMatching(/"Save" has two handlers: SaveHandler in LeftModule.*OtherSaveHandler in RightModule/),
    ]);
  });

  it('of a base class and of its subclass are not duplicates', async () => {
    class SaveDraft extends Save {}
    @CommandHandler(SaveDraft)
    class SaveDraftHandler {
      execute() {
        return Promise.resolve('draft');
      }
    }
    class SaveUrgent extends Save {}
    const { commands } = await start({ imports: [CqrsModule.forRoot()], providers: [SaveHandler, SaveDraftHandler] });
    expect([
      await commands.execute(new Save()),
      await commands.execute(new SaveDraft()),
      await commands.execute(new SaveUrgent()),
    ]).toEqual(['first', 'draft', 'first']);
  });
});

describe('An event handler class', () => {
  it('that two modules provide runs once per event, with a warning that names both', async () => {
    const { events, log } = await start({
      imports: [CqrsModule.forRoot(), moduleOf('LeftModule', SavedHandler), moduleOf('RightModule', SavedHandler)],
    });
    const event = new Saved();
    await events.publish(event);
    expect(event.seenBy).toHaveLength(1);
    expect(log.warnings).toEqual([
      expect.stringMatching(/SavedHandler is provided by two modules: LeftModule and RightModule/),
    ]);
  });

  it('that two modules provide request-scoped runs once per event too', async () => {
    const scoped = { provide: SavedHandler, useClass: SavedHandler, scope: Scope.REQUEST };
    const { events, log } = await start({
      imports: [CqrsModule.forRoot(), moduleOf('LeftModule', scoped), moduleOf('RightModule', scoped)],
    });
    const event = new Saved();
    await events.publish(event);
    expect(event.seenBy).toHaveLength(1);
    expect(log.warnings).toHaveLength(1);
  });

  it('that an alias names, in the same or another module, runs once without a warning', async () => {
    const alias = { provide: 'alias', useExisting: SavedHandler };
    @Module({ imports: [moduleOf('LeftModule', SavedHandler)], providers: [alias] })
    class AliasModule {}
    const { events, log } = await start({
      imports: [CqrsModule.forRoot(), AliasModule],
      providers: [],
    });
    const event = new Saved();
    await events.publish(event);
    expect(event.seenBy).toHaveLength(1);
    expect(log.warnings).toEqual([]);
  });

  it('that is provided twice under tokens of its own is two handlers', async () => {
    const { events, log } = await start({
      imports: [CqrsModule.forRoot()],
      providers: ['mail', 'chat'].map(provide => ({ provide, useFactory: () => new SavedHandler() })),
    });
    const event = new Saved();
    await events.publish(event);
    expect(new Set(event.seenBy).size).toBe(2);
    expect(log.warnings).toEqual([]);
  });

  it('of two classes with the same name are two handlers', async () => {
    const twin = () => {
      @EventsHandler(Saved)
      class Twin {
        handle(event: Saved) {
          event.seenBy.push(this);
        }
      }
      return Twin;
    };
    const module = CqrsModule.forRoot({ events: { notProvided: 'ignore' } });
    const { events, log } = await start({ imports: [module], providers: [twin(), twin()] });
    const event = new Saved();
    await events.publish(event);
    expect(event.seenBy).toHaveLength(2);
    expect(log.warnings).toEqual([]);
  });

  it('for a base and a subclass of an event runs once for the subclass', async () => {
    class SavedTwice extends Saved {}
    @EventsHandler(Saved, SavedTwice)
    class Both extends SavedHandler {}
    const { events } = await start({ imports: [CqrsModule.forRoot()], providers: [Both] });
    const event = new SavedTwice();
    await events.publish(event);
    expect(event.seenBy).toHaveLength(1);
  });
});

describe('A handler without its method', () => {
  const without = (decorate: unknown): Type => {
    class Broken {}
    (decorate as ClassDecorator)(Broken);
    return Injectable()(Broken) ?? Broken;
  };

  it.each([
    ['execute', '@CommandHandler', CommandHandler(Save), InvalidCommandHandlerException],
    ['execute', '@QueryHandler', QueryHandler(Load), InvalidQueryHandlerException],
    ['handle', '@EventsHandler', EventsHandler(Saved), InvalidEventsHandlerException],
  ])(
    '%s of %s is refused with the exception that @nestjs/cqrs has for it',
    async (method, name, decorate, exception) => {
      const refusal = await refusalOf({
        imports: [CqrsModule.forRoot(), moduleOf('BrokenModule', without(decorate))],
      });
      expect(refusal).toBeInstanceOf(exception);
      expect(refusal.problems).toEqual([
        expect.objectContaining({
          code: 'CQRS_HANDLER_WITHOUT_METHOD',
          what: `The handler has no method ${method}().`,
          where: 'Broken in BrokenModule',
          remedy: expect.stringContaining(name),
        }),
      ]);
    },
  );

  it('is refused when it is request-scoped', async () => {
    const provider = { provide: 'it', useClass: without(CommandHandler(Save)), scope: Scope.REQUEST };
    expect(await problemsOf(moduleOf('AppModule', provider))).toHaveLength(1);
  });

  it('is accepted when it is request-scoped and a mixin has defined its method', async () => {
    // The text of the class does not have the name of the method, and is all that could tell otherwise.
    const name = ['exec', 'ute'].join('');
    const Mixed = without(CommandHandler(Save));
    Object.defineProperty(Mixed.prototype, name, { value: () => Promise.resolve('by a mixin') });
    const provider = { provide: Mixed, useClass: Mixed, scope: Scope.REQUEST };
    const { commands } = await start({ imports: [CqrsModule.forRoot()], providers: [provider] });
    expect(await commands.execute(new Save())).toBe('by a mixin');
  });

  it('is accepted when its method is made by the constructor', async () => {
    @CommandHandler(Save)
    class Arrow {
      readonly execute = () => Promise.resolve('by an arrow');
    }
    const { commands } = await start({ imports: [CqrsModule.forRoot()], providers: [Arrow] });
    expect(await commands.execute(new Save())).toBe('by an arrow');
  });
});
