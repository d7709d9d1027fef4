import { Module, Scope, type Type } from '@nestjs/common';
import { CommandHandler, EventsHandler, QueryHandler } from '../../../lib/index.js';
import {
  checkHandler,
  chooseEventHandlers,
  chooseHandlers,
  duplicate,
  type CheckedHandler,
} from '../../../lib/module/handler-checks.js';
import type { KindOfProblem } from '../../../lib/module/wiring-exception.js';
import { explored, handlersOf } from './explored.js';

class Save {}
class Load {}
class Saved {}
class Loaded {}

@CommandHandler(Save)
class SaveHandler {
  execute() {
    return 'saved';
  }
}
@CommandHandler(Save)
class OtherSaveHandler extends SaveHandler {}

class Projections {
  @EventsHandler(Saved, Loaded)
  all() {}
  @EventsHandler(Saved)
  some() {}
}

/** A class that a decorator made a handler, and that has no method. */
const without = (decorate: unknown): Type => {
  class Broken {}
  (decorate as ClassDecorator)(Broken);
  return Broken;
};

const checked = async (...given: Parameters<typeof handlersOf>): Promise<CheckedHandler[]> => {
  const problems: KindOfProblem[] = [];
  const handlers = (await handlersOf(...given)).flatMap(handler => checkHandler(handler, problems) ?? []);
  expect(problems).toEqual([]);
  return handlers;
};

describe('The check of a handler', () => {
  const check = async (provider: Parameters<typeof handlersOf>[0]) => {
    const problems: KindOfProblem[] = [];
    const [handler] = await handlersOf(provider!);
    return { handler: checkHandler(handler!, problems), problems };
  };

  it('passes with its method and the classes that it names', async () => {
    const { handler, problems } = await check(SaveHandler);
    expect([handler!.types, problems]).toEqual([[Save], []]);
  });

  it.each([
    ['command', 'execute', CommandHandler(Save)],
    ['query', 'execute', QueryHandler(Load)],
    ['event', 'handle', EventsHandler(Saved)],
  ] as const)('refuses a %s handler without its method: %s', async (kind, method, decorate) => {
    const { handler, problems } = await check(without(decorate));
    expect(handler).toBeUndefined();
    expect(problems).toEqual([
      expect.objectContaining({
        kind,
        code: 'CQRS_HANDLER_WITHOUT_METHOD',
        what: `The handler has no method ${method}().`,
        where: 'Broken in RootTestModule',
      }),
    ]);
  });

  it('looks for the method on the class if the instance is made per dispatch', async () => {
    const Broken = without(CommandHandler(Save));
    expect((await check({ provide: 'it', useClass: Broken, scope: Scope.REQUEST })).problems).toHaveLength(1);
    for (const handler of [
      { provide: 'it', useClass: SaveHandler, scope: Scope.REQUEST },
      { provide: 'it', useClass: OtherSaveHandler, scope: Scope.REQUEST },
      // What a factory makes is not known before it is made.
      { provide: Broken, useFactory: () => new SaveHandler(), scope: Scope.REQUEST },
    ])
      expect((await check(handler)).problems).toEqual([]);
  });

  it('accepts a method whose name is a symbol', async () => {
    const handle = Symbol('handle');
    class Symbolic {
      [handle]() {}
    }
    EventsHandler(Saved)(Symbolic.prototype, handle, { value: () => undefined });
    expect((await check({ provide: Symbolic, useClass: Symbolic, scope: Scope.REQUEST })).problems).toEqual([]);
  });

  it('refuses values that are not classes', async () => {
    class Circular {
      handle() {}
    }
    (EventsHandler as (...types: unknown[]) => ClassDecorator)(Saved, undefined, 'text')(Circular);
    const { handler, problems } = await check(Circular);
    expect(handler!.types).toEqual([Saved]);
    expect(problems.map(({ code }) => code)).toEqual(Array(2).fill('CQRS_INVALID_MESSAGE_TYPE'));
    expect(problems.map(({ what }) => what.includes('circular import?'))).toEqual([true, false]);
    expect(problems[0]!.remedy).not.toBe(problems[1]!.remedy);
  });

  it('refuses a decorator without a class', async () => {
    class Nothing {
      handle() {}
    }
    (EventsHandler as () => ClassDecorator)()(Nothing);
    const { handler, problems } = await check(Nothing);
    expect(handler).toBeUndefined();
    expect(problems).toEqual([expect.objectContaining({ code: 'CQRS_INVALID_MESSAGE_TYPE' })]);
  });
});

describe('Two handlers of one command:', () => {
  it('the first serves, the other is refused', async () => {
    const [first, other] = await checked(SaveHandler, OtherSaveHandler);
    const refused: unknown[] = [];
    const chosen = chooseHandlers([], [first!, other!], (...given) => refused.push(given));
    expect(chosen).toEqual([first]);
    expect(refused).toEqual([[Save, first, other]]);
    expect(chooseHandlers([first!], [other!], () => undefined)).toEqual([]);
  });

  it('the same instance under two tokens counts once', async () => {
    const instance = new SaveHandler();
    const handlers = await checked({ provide: 'a', useValue: instance }, { provide: 'b', useValue: instance });
    const refused: unknown[] = [];
    expect(chooseHandlers([], handlers, (...given) => refused.push(given))).toEqual([handlers[0]]);
    expect(refused).toEqual([]);
  });

  it('two instances of one class count twice', async () => {
    const handlers = await checked(
      { provide: 'a', useValue: new SaveHandler() },
      { provide: 'b', useValue: new SaveHandler() },
    );
    const refused: unknown[] = [];
    chooseHandlers([], handlers, (...given) => refused.push(given));
    expect(refused).toEqual([[Save, ...handlers]]);
  });

  it('a refused handler still serves its other messages', async () => {
    const [first, other] = await checked(SaveHandler, OtherSaveHandler);
    const both = { ...other!, types: [Save, Load] };
    expect(chooseHandlers([], [first!, both], () => undefined)).toEqual([first, { ...other, types: [Load] }]);
  });
});

describe('Event handlers:', () => {
  it('every method runs, and each once', async () => {
    const handlers = await checked(Projections);
    const warned: unknown[] = [];
    expect(chooseEventHandlers([], handlers, (...given) => warned.push(given))).toEqual(handlers);
    expect(chooseEventHandlers(handlers, handlers, (...given) => warned.push(given))).toEqual([]);
    expect(warned).toEqual([]);
  });

  it('a class that two modules provide runs in the first, with a warning', async () => {
    @Module({ providers: [Projections] })
    class One {}
    @Module({ providers: [Projections] })
    class Other {}
    const { handlers } = await explored({ imports: [One, Other] });
    const all = handlers.flatMap(handler => checkHandler(handler, []) ?? []);
    const warned: unknown[][] = [];
    const chosen = chooseEventHandlers([], all, (...given) => warned.push(given));
    expect(chosen.map(({ identity }) => identity.module)).toEqual(['One', 'One']);
    expect(warned.map(([, other]) => (other as CheckedHandler).identity.module)).toEqual(['Other', 'Other']);
  });

  it('each provider of one class under its own token runs', async () => {
    const handlers = await checked({ provide: 'a', useClass: Projections }, { provide: 'b', useClass: Projections });
    expect(chooseEventHandlers([], handlers, () => undefined)).toHaveLength(4);
  });
});

describe('The problem of a command with two handlers', () => {
  it('names both with their modules', async () => {
    const { handlers, explorer } = await explored({ providers: [SaveHandler, OtherSaveHandler] });
    const [one, other] = handlers;
    expect(duplicate(Save, one!, other!, explorer)).toMatchObject({
      code: 'CQRS_DUPLICATE_HANDLER',
      what: '"Save" has two handlers: SaveHandler in RootTestModule, and OtherSaveHandler in RootTestModule.',
      where: 'SaveHandler in RootTestModule; OtherSaveHandler in RootTestModule',
    });
  });

  it('names both modules that provide one class', async () => {
    @Module({ providers: [SaveHandler] })
    class One {}
    @Module({ providers: [SaveHandler] })
    class Other {}
    const { handlers, explorer } = await explored({ imports: [One, Other] });
    expect(duplicate(Save, handlers[0]!, handlers[1]!, explorer)).toMatchObject({
      what: 'SaveHandler, which handles "Save", is provided by two modules: One and Other.',
      where: 'One; Other',
    });
  });

  it('names the importers of a module imported twice with different options', async () => {
    class Dynamic {
      static of = (id: number) => ({
        module: Dynamic,
        providers: [SaveHandler, { provide: 'id', useValue: id }],
      });
    }
    @Module({ imports: [Dynamic.of(1)] })
    class One {}
    @Module({ imports: [Dynamic.of(2)] })
    class Other {}
    const { handlers, explorer } = await explored({ imports: [One, Other] });
    const problem = duplicate(Save, handlers[0]!, handlers[1]!, explorer);
    expect(problem.what).toContain('Dynamic, which is imported twice with different options: by One and by Other.');
    expect(problem.where).toBe('One; Other');
  });
});
