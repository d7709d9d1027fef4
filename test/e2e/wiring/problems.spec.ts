import { Module, type Provider, type Type } from '@nestjs/common';
import {
  Command,
  CommandHandler,
  CommandHandlerNotFoundException,
  CqrsModule,
  CqrsWiringException,
  Event,
  EventsHandler,
  type MessageType,
  Query,
  QueryHandler,
  QueryHandlerNotFoundException,
} from '../../../lib/index.js';
import { refusalOf, start } from '../../support/application.js';

class Save extends Command<string> {}
class Load extends Query<string> {}
class Saved extends Event {}

@CommandHandler(Save)
class SaveHandler {
  execute() {
    return Promise.resolve('saved');
  }
}

/** A module of this name. */
const moduleOf = (name: string, ...providers: Provider[]): Type => {
  const type = { [name]: class {} }[name]!;
  Module({ providers })(type);
  return type;
};

const problemsOf = async (...imports: Type[]) =>
  (await refusalOf({ imports: [CqrsModule.forRoot(), ...imports] })).problems;

/** What untyped callers, or circular imports, hand to a decorator. */
const untyped = (value: unknown) => value as MessageType;

describe('A decorator', () => {
  it.each<[string, unknown, RegExp]>([
    ['undefined', undefined, /@CommandHandler\(\) was given undefined.*circular import\?/],
    ['null', null, /was given null/],
    ['a string', 'Save', /was given a string/],
    ['an arrow function', () => undefined, /was given the function/],
    ['an instance', new Save(), /was given an instance of Save/],
  ])('that was given %s is refused', async (_name, value, text) => {
    class Store {
      save() {
        return Promise.resolve('saved');
      }
    }
    CommandHandler(untyped(value))(Store.prototype, 'save', Object.getOwnPropertyDescriptor(Store.prototype, 'save')!);
    const [problem, ...others] = await problemsOf(moduleOf('StoreModule', Store));
    expect(others).toEqual([]);
    expect(problem).toMatchObject({ code: 'CQRS_INVALID_MESSAGE_TYPE', where: 'Store.save in StoreModule' });
    expect(problem!.what).toMatch(text);
  });

  it('that was given nothing is refused', async () => {
    @EventsHandler()
    class Nothing {
      handle() {}
    }
    const [problem] = await problemsOf(moduleOf('AppModule', Nothing));
    expect(problem).toMatchObject({
      code: 'CQRS_INVALID_MESSAGE_TYPE',
      what: '@EventsHandler() was given no message class.',
      where: 'Nothing in AppModule',
    });
  });

  it('that was given undefined among classes is refused', async () => {
    @EventsHandler(Saved, untyped(undefined))
    class Partly {
      handle() {}
    }
    expect(await problemsOf(moduleOf('AppModule', Partly))).toEqual([
      expect.objectContaining({ code: 'CQRS_INVALID_MESSAGE_TYPE' }),
    ]);
  });
});

describe('All wiring problems', () => {
  it('are listed by one exception, each with culprit and remedy', async () => {
    @CommandHandler(Save)
    class SecondSaveHandler extends SaveHandler {}
    @QueryHandler(untyped(undefined))
    class Circular {
      execute() {
        return 'never';
      }
    }
    @EventsHandler()
    class Nothing {
      handle() {}
    }
    const refusal = await refusalOf({
      imports: [
        CqrsModule.forRoot({ expectHandlersFor: [Load] }),
        moduleOf('AppModule', SaveHandler, SecondSaveHandler, Circular, Nothing),
      ],
    });
    expect(refusal.constructor).toBe(CqrsWiringException);
    expect(refusal.problems.map(({ code }) => code).toSorted()).toEqual([
      'CQRS_DUPLICATE_HANDLER',
      'CQRS_HANDLER_NOT_FOUND',
      'CQRS_INVALID_MESSAGE_TYPE',
      'CQRS_INVALID_MESSAGE_TYPE',
    ]);
    expect(refusal.message).toContain('4 problems');
    for (const { what, remedy } of refusal.problems) {
      expect(refusal.message).toContain(what);
      expect(refusal.message).toContain(remedy);
    }
  });
});

describe('expectHandlersFor', () => {
  it('lets the application start when all are there, by a handler of a base class too', async () => {
    class SaveDraft extends Save {}
    const { commands } = await start({
      imports: [CqrsModule.forRoot({ expectHandlersFor: [Save, SaveDraft] })],
      providers: [SaveHandler],
    });
    expect(await commands.execute(new SaveDraft())).toBe('saved');
  });

  it('refuses the start for each that is missing', async () => {
    const { problems } = await refusalOf({
      imports: [CqrsModule.forRoot({ expectHandlersFor: [Save, Load, Saved] })],
      providers: [SaveHandler],
    });
    expect(problems).toEqual([
      expect.objectContaining({ code: 'CQRS_HANDLER_NOT_FOUND', what: expect.stringContaining('"Load"') }),
      expect.objectContaining({ code: 'CQRS_HANDLER_NOT_FOUND', what: expect.stringContaining('"Saved"') }),
    ]);
  });

  it('refuses a value that is not a class', async () => {
    const { problems } = await refusalOf({
      imports: [CqrsModule.forRoot({ expectHandlersFor: [untyped(undefined)] })],
    });
    expect(problems).toEqual([expect.objectContaining({ what: expect.stringContaining('circular import?') })]);
  });

  it('names what is near a missing class, whichever bus it is for', async () => {
    class Archive {}
    class ArchiveHandler {
      execute() {
        return Promise.resolve();
      }
    }
    class Found extends Query<string> {}
    class FoundHandler {
      execute() {
        return Promise.resolve('found');
      }
    }
    class Moved extends Event {}
    class MovedHandler {
      handle() {}
    }
    const { problems } = await refusalOf({
      imports: [CqrsModule.forRoot({ expectHandlersFor: [Archive, Found, Moved] })],
      providers: [ArchiveHandler, FoundHandler, MovedHandler],
    });
    expect(problems.map(({ remedy }) => remedy)).toEqual([
      expect.stringMatching(/^ArchiveHandler in \w+ has no decorator: decorate it with @CommandHandler\(Archive\)\./),
      expect.stringMatching(/^FoundHandler in \w+ has no decorator: decorate it with @QueryHandler\(Found\)\./),
      expect.stringMatching(/^MovedHandler in \w+ has no decorator: decorate it with @EventsHandler\(Moved\)\./),
    ]);
  });

  it('names the handler that is declared but not provided', async () => {
    class Archive extends Command {}
    @CommandHandler(Archive)
    class ArchiveHandler {
      execute() {
        return Promise.resolve();
      }
    }
    const { problems } = await refusalOf({ imports: [CqrsModule.forRoot({ expectHandlersFor: [Archive] })] });
    expect(problems[0]!.remedy).toContain(`${ArchiveHandler.name} is declared but not provided`);
  });
});

describe('A command or query without a handler', () => {
  class Publish extends Command<string> {}
  class Count extends Query<number> {}

  it('is rejected with its name, by the exception of its bus', async () => {
    const { commands, queries } = await start({ imports: [CqrsModule.forRoot()] });
    await expect(commands.execute(new Publish())).rejects.toBeInstanceOf(CommandHandlerNotFoundException);
    await expect(commands.execute(new Publish())).rejects.toThrow('"Publish"');
    await expect(queries.ask(new Count())).rejects.toBeInstanceOf(QueryHandlerNotFoundException);
  });

  it('is rejected naming the handler that is declared but not provided', async () => {
    class Print extends Command<string> {}
    class Printer {
      @CommandHandler(Print)
      print() {
        return Promise.resolve('printed');
      }
    }
    const { commands } = await start({ imports: [CqrsModule.forRoot()] });
    await expect(commands.execute(new Print())).rejects.toThrow(
      `${Printer.name} is declared but not provided: list it among the providers of a module that the application imports.`,
    );
  });

  it('is rejected guessing at a package that is loaded twice, where a class of the same name has a handler', async () => {
    const load = () => {
      class Ship extends Command<string> {}
      @CommandHandler(Ship)
      class ShipHandler {
        execute() {
          return Promise.resolve('shipped');
        }
      }
      return { Ship, ShipHandler };
    };
    const [one, other] = [load(), load()];
    const { commands } = await start({ imports: [CqrsModule.forRoot()], providers: [one.ShipHandler] });
    expect(await commands.execute(new one.Ship())).toBe('shipped');
    await expect(commands.execute(new other.Ship())).rejects.toThrow(
      /handles another class of the same name.*loaded twice/,
    );
  });

  it('is rejected with a general remedy where nothing is near', async () => {
    const { commands } = await start({ imports: [CqrsModule.forRoot()], providers: [SaveHandler] });
    await expect(commands.execute(new Publish())).rejects.toThrow(
      /list the class that handles Publish among the providers/,
    );
  });

  it('finds one that is registered later', async () => {
    const { commands } = await start({ imports: [CqrsModule.forRoot()] });
    await expect(commands.execute(new Publish())).rejects.toBeInstanceOf(CommandHandlerNotFoundException);
    const dispose = commands.register(Publish, () => 'now');
    expect(await commands.execute(new Publish())).toBe('now');
    dispose();
    await expect(commands.execute(new Publish())).rejects.toBeInstanceOf(CommandHandlerNotFoundException);
  });
});
