import { Injectable, Module, Scope } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import {
  CommandBus,
  CommandHandler,
  EventBus,
  EventsHandler,
  Middleware,
  Saga,
  type CqrsMiddleware,
  type Next,
} from '../../../lib/index.js';
import { explored } from './explored.js';

class Save {}
class Saved {}

@CommandHandler(Save)
class SaveHandler {
  execute() {
    return 'saved';
  }
}

@Middleware()
class Audit implements CqrsMiddleware {
  intercept(message: object, next: Next) {
    return next(message);
  }
}

class Projections {
  @EventsHandler(Saved)
  project() {}
  @EventsHandler(Saved)
  count() {}
  @Saga(Saved)
  follow() {}
}

const namesOf = (found: readonly { identity: { name: string } }[]) => found.map(({ identity }) => identity.name);

describe('The explorer of an application', () => {
  it('finds every handler, saga and middleware, with the module that provides it', async () => {
    @Module({ providers: [Projections, Audit], controllers: [] })
    class ProjectionsModule {}
    const found = await explored({ imports: [ProjectionsModule], providers: [SaveHandler] });
    expect(found.handlers.map(({ identity }) => [identity.name, identity.module]).toSorted()).toEqual([
      ['Projections.count', 'ProjectionsModule'],
      ['Projections.project', 'ProjectionsModule'],
      ['SaveHandler', 'RootTestModule'],
    ]);
    expect(found.sagas.map(({ type, declaration }) => [type, declaration.method])).toEqual([[Projections, 'follow']]);
    expect(found.middleware.map(({ reference, host }) => [reference, host!.metatype])).toEqual([
      [Audit, ProjectionsModule],
    ]);
  });

  it('reads controllers and the classes of values, and skips aliases', async () => {
    @Module({ controllers: [Projections] })
    class HttpModule {}
    const { handlers } = await explored({
      imports: [HttpModule],
      providers: [
        { provide: 'value', useValue: new SaveHandler() },
        { provide: 'alias', useExisting: 'value' },
      ],
    });
    expect(namesOf(handlers).toSorted()).toEqual(['Projections.count', 'Projections.project', 'SaveHandler']);
  });

  it('reads a substitute as the class it replaces, unless it has decorators itself', async () => {
    class Fake {
      execute() {
        return 'fake';
      }
    }
    @CommandHandler(Saved)
    class Own extends Fake {}
    const [substitute, own] = [
      await explored({ providers: [{ provide: SaveHandler, useValue: new Fake() }] }),
      await explored({ providers: [{ provide: SaveHandler, useClass: Own }] }),
    ];
    expect(substitute.handlers.map(({ type, declaration }) => [type, declaration.types])).toEqual([
      [SaveHandler, [Save]],
    ]);
    expect(own.handlers.map(({ type, declaration }) => [type, declaration.types])).toEqual([[Own, [Saved]]]);
  });

  it('keeps the position of a middleware that is replaced', async () => {
    class Fake {}
    const { middleware } = await explored({ providers: [{ provide: Audit, useClass: Fake }] });
    expect(middleware.map(({ reference }) => reference)).toEqual([Audit]);
  });

  it('reads inherited decorators, unless the base class is a provider itself', async () => {
    class Special extends SaveHandler {}
    class SpecialAudit extends Audit {}
    const alone = await explored({ providers: [Special, SpecialAudit] });
    expect([namesOf(alone.handlers), alone.middleware.length]).toEqual([['Special'], 1]);
    const beside = await explored({ providers: [SaveHandler, Special, Audit, SpecialAudit] });
    expect([namesOf(beside.handlers), beside.middleware.length]).toEqual([['SaveHandler'], 1]);
  });

  it('finds each bus once, with its subclasses', async () => {
    @Injectable()
    class OwnBus extends EventBus {}
    const { app, buses } = await explored({
      providers: [CommandBus, OwnBus, { provide: 'again', useFactory: (bus: OwnBus) => bus, inject: [OwnBus] }],
    });
    expect([...buses]).toEqual([app.get(CommandBus), app.get(OwnBus)]);
  });

  it('separates providers without a decorator', async () => {
    class Plain {}
    const { explorer } = await explored({ providers: [SaveHandler, Projections, Plain] });
    const types = explorer.undecorated().map(({ type }) => type);
    expect(types).toContain(Plain);
    expect(types).not.toContain(SaveHandler);
    expect(types).not.toContain(Projections);
  });
});

describe('The providers of a class', () => {
  it('are found under its own token first', async () => {
    const { explorer } = await explored({
      providers: [
        { provide: 'other', useClass: SaveHandler },
        { provide: SaveHandler, useValue: {} },
      ],
    });
    expect(explorer.providersOf(SaveHandler).map(({ token }) => token)).toEqual([SaveHandler, 'other']);
    expect(explorer.provided('other')).toHaveLength(1);
    expect(explorer.providersOf(Projections)).toEqual([]);
  });

  it('have instances, each once, of subclasses too and only of singletons; one that resists is none', async () => {
    class Special extends SaveHandler {}
    const touchy = new Proxy(
      {},
      {
        getPrototypeOf: () => {
          throw new Error('do not ask');
        },
      },
    );
    const special = new Special();
    const { app, explorer } = await explored({
      providers: [
        SaveHandler,
        { provide: 'touchy', useFactory: () => touchy },
        { provide: 'a', useValue: special },
        { provide: 'b', useValue: special },
        { provide: 'scoped', useClass: SaveHandler, scope: Scope.REQUEST },
        Projections,
      ],
    });
    expect(explorer.instancesOf(SaveHandler)).toEqual([app.get(SaveHandler), special]);
    expect(explorer.instancesOf<object>(SaveHandler, Projections)).toHaveLength(3);
  });
});

describe('The modules of an application', () => {
  @Module({})
  class Empty {}
  @Module({ providers: [Projections] })
  class Inner {}
  @Module({ imports: [Inner, Empty], providers: [SaveHandler] })
  class Outer {}

  const run = () => explored({ imports: [Outer] });

  it('that import one are found', async () => {
    const { explorer } = await run();
    const inner = explorer.providersOf(Projections)[0]!.host!;
    expect(explorer.importersOf(inner).map(({ metatype }) => metatype)).toEqual([Outer]);
  });

  it('are found from a ModuleRef, with all that they import', async () => {
    const { app, explorer } = await run();
    const names = (modules: Iterable<object>) => [...modules].map(module => (module as { name: string }).name);
    expect(names(explorer.modulesOf(app.select(Outer).get(ModuleRef, { strict: true })))).toEqual(
      expect.arrayContaining(['Outer', 'Inner', 'Empty']),
    );
    expect(names(explorer.modulesOf(app.select(Inner).get(ModuleRef, { strict: true })))).not.toContain('Outer');
    expect([...explorer.modulesOf({} as ModuleRef)]).toEqual([]);
  });

  it('may be made to end before all others', async () => {
    const { explorer } = await run();
    const { host } = explorer.providersOf(Projections)[0]!;
    explorer.closeFirst(Projections);
    const distances = [...explorer.modules()].filter(module => module !== host).map(({ distance }) => distance);
    expect(host!.distance).toBeLessThan(Math.min(...distances));
  });
});

describe('An application counts as instantiated', () => {
  it('when every singleton has its instance', async () => {
    @Injectable()
    class Scoped {}
    const { explorer } = await explored({
      providers: [SaveHandler, { provide: Scoped, useClass: Scoped, scope: Scope.REQUEST }, Projections],
    });
    expect(explorer.isInstantiated()).toBe(true);
    const [wrapper] = explorer.provided(SaveHandler);
    const instance = wrapper!.getInstanceByContextId({ id: 1 });
    instance.isResolved = false;
    expect(explorer.isInstantiated()).toBe(false);
    expect(explorer.isInstantiated({})).toBe(true);
    expect(explorer.isInstantiated(wrapper!.host)).toBe(false);
  });
});
