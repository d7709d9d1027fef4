import { Inject, Injectable, Module, Scope } from '@nestjs/common';
import { LazyModuleLoader } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { map, type Observable } from 'rxjs';
import {
  CommandBus,
  CommandHandler,
  CqrsModule,
  CqrsWiringException,
  EventBus,
  EventsHandler,
  QueryHandler,
  Saga,
  UnhandledExceptionBus,
} from 'nestjs-cqrs';
import { scenario, track } from 'nestjs-cqrs/testing';
import { closeAll, init, start } from './application.js';
import { quiet } from '../../support/waiting.js';

/** The section “Registration”. */
describe('Registration:', () => {
  class Work {
    constructor(readonly id: number) {}
  }
  class Worked {
    constructor(readonly id: number) {}
  }
  class Ask {}

  const seen: unknown[] = [];
  beforeEach(() => void (seen.length = 0));
  afterEach(closeAll);

  @CommandHandler(Work)
  class Works {
    execute({ id }: Work) {
      seen.push(`work ${id}`);
    }
  }
  @EventsHandler(Worked)
  class Listens {
    handle({ id }: Worked) {
      seen.push(`event ${id}`);
    }
  }

  const problemsOf = async (starting: Promise<unknown>) => {
    const error: unknown = await starting.catch((e: unknown) => e);
    expect(error).toBeInstanceOf(CqrsWiringException);
    return (error as CqrsWiringException).problems;
  };

  it('a provider with useValue that holds a decorated instance is a handler', async () => {
    const { commands, events } = await start({
      providers: [
        { provide: 'works', useValue: new Works() },
        { provide: Listens, useValue: new Listens() },
      ],
    });
    await commands.execute(new Work(1));
    await events.publish(new Worked(2));
    expect(seen).toEqual(['work 1', 'event 2']);
  });

  it.each([undefined, null, 0, '', Object.create(null) as object, Symbol('s'), () => undefined, [1]])(
    'a provider with useValue %p does not hurt',
    async value => {
      const { commands } = await start({ providers: [Works, { provide: 'value', useValue: value }] });
      await commands.execute(new Work(1));
      expect(seen).toEqual(['work 1']);
    },
  );

  it('a saga from useFactory runs', async () => {
    class Sagas {
      @Saga()
      all = (events$: Observable<any>) => events$.pipe(map(({ id }: Worked) => new Work(id)));
    }
    const { app } = await start({
      providers: [Works, { provide: 'sagas', useFactory: () => Promise.resolve(new Sagas()) }],
    });
    await scenario(app).when(new Worked(1)).sends(new Work(1));
    expect(seen).toEqual(['work 1']);
  });

  it('a request-scoped handler registered under another token serves', async () => {
    @CommandHandler(Work, { scope: Scope.REQUEST })
    class Scoped {
      execute({ id }: Work) {
        return `scoped ${id}`;
      }
    }
    @EventsHandler(Worked)
    class ScopedListener {
      handle({ id }: Worked) {
        seen.push(`scoped ${id}`);
      }
    }
    const { commands, events } = await start({
      providers: [
        { provide: 'scoped', useClass: Scoped },
        { provide: 'listener', useClass: ScopedListener, scope: Scope.REQUEST },
      ],
    });
    expect(await commands.execute(new Work(1))).toBe('scoped 1');
    await events.publish(new Worked(2));
    expect(seen).toEqual(['scoped 2']);
  });

  it('an event handler listed in two modules runs once, and the log names both', async () => {
    @Module({ providers: [Listens] })
    class One {}
    @Module({ providers: [Listens] })
    class Other {}
    const { events, logged } = await start({ imports: [One, Other] });
    await events.publish(new Worked(1));
    expect(seen).toEqual(['event 1']);
    expect(logged.join()).toMatch(/Listens is provided by two modules: One and Other/);
  });

  it('an event handler reachable by an alias runs once', async () => {
    const { events, commands } = await start({
      providers: [
        Listens,
        Works,
        { provide: 'alias', useExisting: Listens },
        { provide: 'works', useExisting: Works },
        { provide: 'made', useFactory: (listens: Listens) => listens, inject: [Listens] },
      ],
    });
    await events.publish(new Worked(1));
    await commands.execute(new Work(2));
    expect(seen).toEqual(['event 1', 'work 2']);
  });

  it('two handlers of one command are an error at start that names both and their modules', async () => {
    @CommandHandler(Work)
    class AlsoWorks {
      execute() {
        return undefined;
      }
    }
    @Module({ providers: [AlsoWorks] })
    class OtherModule {}
    const [problem, ...others] = await problemsOf(start({ imports: [OtherModule], providers: [Works] }));
    expect(others).toEqual([]);
    expect(problem!.code).toBe('CQRS_DUPLICATE_HANDLER');
    for (const culprit of ['Work', 'Works', 'AlsoWorks', 'RootTestModule', 'OtherModule'])
      expect(problem!.what).toContain(culprit);
  });

  it('an undecorated subclass of a handler does not take its command', async () => {
    @Injectable()
    class Specialised extends Works {
      override execute({ id }: Work) {
        seen.push(`specialised ${id}`);
      }
    }
    for (const providers of [
      [Works, Specialised],
      [Specialised, Works],
    ]) {
      const { commands } = await start({ providers });
      await commands.execute(new Work(1));
    }
    expect(seen).toEqual(['work 1', 'work 1']);
  });

  it('handlers and sagas of lazily loaded modules are registered', async () => {
    class Sagas {
      @Saga()
      all = (events$: Observable<any>) => events$.pipe(map(({ id }: Worked) => new Work(id)));
    }
    @Module({ providers: [Works, Listens, Sagas] })
    class LazyModule {}
    const { app, commands } = await start();
    const loader = app.get(LazyModuleLoader, { strict: false });
    await Promise.all([loader.load(() => LazyModule), loader.load(() => LazyModule)]);
    await loader.load(() => LazyModule);
    await commands.execute(new Work(1));
    await scenario(app).when(new Worked(2)).sends(new Work(2));
    expect(seen).toEqual(['work 1', 'event 2', 'work 2']);
  });

  it('handlers without execute or handle are errors at start, all told at once', async () => {
    // @ts-expect-error -- the compiler tells
    @CommandHandler(Work)
    class NoExecute {}
    // @ts-expect-error -- the compiler tells
    @QueryHandler(Ask)
    class NoAnswer {}
    // @ts-expect-error -- the compiler tells
    @EventsHandler(Worked)
    class NoHandle {}
    const problems = await problemsOf(start({ providers: [NoExecute, NoAnswer, NoHandle] as never }));
    expect(problems.map(({ code, where }) => [code, where])).toEqual([
      ['CQRS_HANDLER_WITHOUT_METHOD', 'NoExecute in RootTestModule'],
      ['CQRS_HANDLER_WITHOUT_METHOD', 'NoAnswer in RootTestModule'],
      ['CQRS_HANDLER_WITHOUT_METHOD', 'NoHandle in RootTestModule'],
    ]);
  });

  it('a decorator with undefined is refused, with the class that has it', async () => {
    @CommandHandler(undefined as unknown as typeof Worked)
    class Circular {
      execute() {
        return undefined;
      }
    }
    @EventsHandler(Worked, undefined as never)
    class HalfCircular {
      handle() {
        return undefined;
      }
    }
    const problems = await problemsOf(start({ providers: [Circular, HalfCircular] as never }));
    expect(problems.map(({ where }) => where)).toEqual([
      'Circular in RootTestModule',
      'HalfCircular in RootTestModule',
    ]);
    for (const { what } of problems) expect(what).toMatch(/undefined.*circular import/);
  });

  it('declaring a handler for a subclass of an event does not silence the handler of the base class', async () => {
    class Reworked extends Worked {}
    @EventsHandler(Reworked)
    class NotProvided {
      handle() {
        seen.push('not provided');
      }
    }
    void NotProvided;
    const { events } = await start({ providers: [Listens] });
    await events.publish(new Reworked(1));
    expect(seen).toEqual(['event 1']);
  });

  it('the handlers of an event and of its base class both get it, once each', async () => {
    class Reworked extends Worked {}
    @EventsHandler(Reworked, Worked)
    class Both {
      handle(_event: Worked) {}
    }
    const { app } = await start({ providers: [Listens, Both] });
    const { published } = await track(app).publish(new Reworked(1));
    expect(published.handledBy.toSorted()).toEqual(['Both', 'Listens']);
  });

  describe('in tests, overrideProvider', () => {
    const builder = () => Test.createTestingModule({ imports: [CqrsModule.forRoot()], providers: [Works, Listens] });

    it('of a bus by a value does not break the start', async () => {
      const execute = recorder();
      const { app } = await init(builder().overrideProvider(CommandBus).useValue({ execute }));
      app.get(CommandBus).execute(new Work(1));
      expect(execute.calls).toEqual([[new Work(1)]]);
    });

    it('of all buses by values does not break the start', async () => {
      const publish = recorder();
      const { app } = await init(
        builder().overrideProvider(EventBus).useValue({ publish }).overrideProvider(CommandBus).useValue({}),
      );
      void app.get(EventBus).publish(new Worked(1));
      expect(publish.calls).toEqual([[new Worked(1)]]);
      expect(seen).toEqual([]);
    });

    it('of a bus by a value leaves sagas working with what is there', async () => {
      class Sagas {
        @Saga()
        all = (events$: Observable<any>) => events$.pipe(map(({ id }: Worked) => new Work(id)));
      }
      const withSagas = () =>
        Test.createTestingModule({ imports: [CqrsModule.forRoot()], providers: [Works, Listens, Sagas] });
      const execute = recorder();
      const first = await init(withSagas().overrideProvider(CommandBus).useValue({ execute }));
      await first.events.publish(new Worked(1));
      await quiet();
      expect(execute.calls).toEqual([[new Work(1)]]);

      const second = await init(
        withSagas()
          .overrideProvider(EventBus)
          .useValue({ publish: () => undefined }),
      );
      await second.commands.execute(new Work(2));

      const silent = { publish: () => undefined, subscribe: () => undefined };
      const third = await init(withSagas().overrideProvider(UnhandledExceptionBus).useValue(silent));
      await third.events.publish(new Worked(3));
      await quiet();
      expect(seen).toEqual(['event 1', 'work 2', 'event 3', 'work 3']);
    });

    it('of a handler keeps it a handler, by value, class or factory', async () => {
      @Injectable()
      class Double {
        execute({ id }: Work) {
          seen.push(`double ${id}`);
        }
      }
      for (const override of [
        (double: ReturnType<typeof builder>) => double.overrideProvider(Works).useValue(new Double()),
        (double: ReturnType<typeof builder>) =>
          double.overrideProvider(Works).useValue({ execute: ({ id }: Work) => seen.push(`double ${id}`) }),
        (double: ReturnType<typeof builder>) => double.overrideProvider(Works).useClass(Double),
        (double: ReturnType<typeof builder>) =>
          double.overrideProvider(Works).useFactory({ factory: () => new Double() }),
      ]) {
        const { commands } = await init(override(builder()));
        await commands.execute(new Work(1));
      }
      expect(seen).toEqual(['double 1', 'double 1', 'double 1', 'double 1']);
    });

    it('of what a handler injects reaches the handler', async () => {
      @Injectable()
      class Clock {
        now() {
          return 'now';
        }
      }
      @CommandHandler(Work)
      class Timed {
        constructor(@Inject(Clock) private readonly clock: Clock) {}
        execute() {
          return this.clock.now();
        }
      }
      const { commands } = await init(
        Test.createTestingModule({ imports: [CqrsModule.forRoot()], providers: [Timed, Clock] })
          .overrideProvider(Clock)
          .useValue({ now: () => 'noon' }),
      );
      expect(await commands.execute(new Work(1))).toBe('noon');
    });
  });

  /** A function that remembers what it was called with. */
  function recorder() {
    const calls: unknown[][] = [];
    return Object.assign((...args: unknown[]) => void calls.push(args), { calls });
  }
});
