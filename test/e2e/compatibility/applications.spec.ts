import { Inject, Injectable, Module, Optional } from '@nestjs/common';
import { ModuleRef, ModulesContainer } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { jest } from '@jest/globals';
import { of } from 'rxjs';
import { quiet, sameAsIncumbent, type Cqrs } from './differential.js';

describe('Applications, as with @nestjs/cqrs:', () => {
  class Work {
    constructor(readonly id: number) {}
  }
  class Worked {
    constructor(readonly id: number) {}
  }
  class Ask {}

  const handlersOf = (cqrs: Cqrs, note: (...observed: unknown[]) => void) => {
    @cqrs.CommandHandler(Work)
    class Works {
      execute({ id }: Work) {
        note('work', id);
        return Promise.resolve(id);
      }
    }
    @cqrs.EventsHandler(Worked)
    class Listens {
      handle({ id }: Worked) {
        note('event', id);
      }
    }
    @cqrs.QueryHandler(Ask)
    class Answers {
      execute() {
        note('query');
        return Promise.resolve('answer');
      }
    }
    return [Works, Listens, Answers] as const;
  };

  /** What Nest keeps of some providers. */
  const wrappersOf = (modules: ModulesContainer, types: readonly unknown[]) =>
    [...modules.values()].flatMap(({ providers }) => types.flatMap(type => providers.get(type as never) ?? []));

  sameAsIncumbent('the buses and the publisher can be plain providers, without the module', async stage => {
    const { cqrs, compile, note } = stage;
    @Injectable()
    class Service {
      constructor(
        @Inject(cqrs.CommandBus) readonly commands: object,
        @Inject(cqrs.QueryBus) readonly queries: object,
        @Inject(cqrs.EventBus) readonly events: object,
        @Inject(cqrs.EventPublisher) readonly publisher: object,
      ) {}
    }
    const { CommandBus, QueryBus, EventBus, EventPublisher, UnhandledExceptionBus } = cqrs;
    const buses = [CommandBus, QueryBus, EventBus, EventPublisher, UnhandledExceptionBus];
    const { module } = await compile(Test.createTestingModule({ providers: [...buses, Service] }));
    const { commands, queries, events, publisher } = module.get(Service);
    note(commands instanceof CommandBus, queries instanceof QueryBus, events instanceof EventBus);
    note(publisher instanceof EventPublisher, module.get(CommandBus) === commands);
    const execute = jest.spyOn(module.get(CommandBus), 'execute').mockResolvedValue('mocked');
    note(await module.get(CommandBus).execute(new Work(1)), execute.mock.calls);
    module.get(EventBus).subscribe(event => note('seen', event));
    await module.get(EventBus).publish(new Worked(1));
  });

  sameAsIncumbent('plain buses take handlers by register, with what Nest keeps of the providers', async stage => {
    const { cqrs, compile, note } = stage;
    const [Works, Listens, Answers] = handlersOf(cqrs, note);
    const { CommandBus, QueryBus, EventBus, UnhandledExceptionBus } = cqrs;
    const { module, commands, queries, events } = await compile(
      Test.createTestingModule({
        providers: [CommandBus, QueryBus, EventBus, UnhandledExceptionBus, Works, Listens, Answers],
      }),
    );
    const modules = module.get(ModulesContainer, { strict: false });
    commands.register(wrappersOf(modules, [Works]));
    queries.register(wrappersOf(modules, [Answers]));
    events.register(wrappersOf(modules, [Listens]));
    note(await commands.execute(new Work(1)), await queries.execute(new Ask()));
    await events.publish(new Worked(2));
    commands.register();
    queries.register([]);
    events.register();
  });

  sameAsIncumbent('plain buses take handlers by bind, under the identifier of the message', async stage => {
    const { cqrs, compile, note } = stage;
    const [Works, Listens, Answers] = handlersOf(cqrs, note);
    const { CommandBus, QueryBus, EventBus, UnhandledExceptionBus } = cqrs;
    const { module, commands, queries, events } = await compile(
      Test.createTestingModule({
        providers: [CommandBus, QueryBus, EventBus, UnhandledExceptionBus, Works, Listens, Answers],
      }),
    );
    const modules = module.get(ModulesContainer, { strict: false });
    const idOf = (key: string, type: object) => (Reflect.getMetadata(key, type) as { id: string }).id;
    commands.bind(wrappersOf(modules, [Works])[0]!, idOf('__command__', Work));
    queries.bind(wrappersOf(modules, [Answers])[0]!, idOf('__query__', Ask));
    events.bind(wrappersOf(modules, [Listens])[0]!, idOf('__event__', Worked));
    note(await commands.execute(new Work(1)), await queries.execute(new Ask()));
    await events.publish(new Worked(2));
  });

  sameAsIncumbent('decorators leave their metadata under the known keys', ({ cqrs, note }) => {
    const [Works, Listens, Answers] = handlersOf(cqrs, note);
    class Sagas {
      @cqrs.Saga() one = () => of();
      @cqrs.Saga() two = () => of();
    }
    const read = (key: string, type: object): unknown => Reflect.getMetadata(key, type);
    note(read('__commandHandler__', Works) === Work, read('__queryHandler__', Answers) === Ask);
    note(read('__eventsHandler__', Listens), read('__saga__', Sagas));
    for (const [key, type] of [
      ['__command__', Work] as const,
      ['__query__', Ask] as const,
      ['__event__', Worked] as const,
    ])
      note(typeof (read(key, type) as { id: string }).id, Object.keys(read(key, type) as object));
    return Promise.resolve();
  });

  sameAsIncumbent('a subclass of the event bus in its place takes the constructor arguments', async stage => {
    const { cqrs, compile, note } = stage;
    const [, Listens] = handlersOf(cqrs, note);
    @Injectable()
    class LoggingEventBus extends cqrs.EventBus {
      constructor(
        @Inject(cqrs.CommandBus) commandBus: any,
        @Inject(ModuleRef) moduleRef: any,
        @Inject(cqrs.UnhandledExceptionBus) unhandledExceptionBus: any,
        @Optional() @Inject('CQRS_MODULE_OPTIONS') options: any,
      ) {
        super(commandBus, moduleRef, unhandledExceptionBus, options);
      }
      override publish(...given: [any]): any {
        note('publish', given[0]);
        return super.publish(...given);
      }
    }
    @Module({
      imports: [cqrs.CqrsModule.forRoot()],
      providers: [Listens, LoggingEventBus, { provide: 'subclass', useExisting: LoggingEventBus }],
    })
    class AppModule {}
    const { module } = await compile(
      Test.createTestingModule({ imports: [AppModule] })
        .overrideProvider(cqrs.EventBus)
        .useClass(LoggingEventBus),
    );
    const bus = module.get(cqrs.EventBus, { strict: false });
    note(bus instanceof LoggingEventBus);
    await bus.publish(new Worked(1));
    const publisher = module.get(cqrs.EventPublisher, { strict: false });
    class Job extends cqrs.AggregateRoot {}
    const job = publisher.mergeObjectContext(new Job());
    job.autoCommit = true;
    job.apply(new Worked(2));
    await quiet();
  });

  sameAsIncumbent('a subclass of the command bus in its place may override execute', async stage => {
    const { cqrs, compile, note } = stage;
    const [Works] = handlersOf(cqrs, note);
    @Injectable()
    class TimingCommandBus extends cqrs.CommandBus {
      constructor(@Inject(ModuleRef) moduleRef: any, @Optional() @Inject('CQRS_MODULE_OPTIONS') options: any) {
        super(moduleRef, options);
      }
      override async execute(...given: [any]): Promise<any> {
        note('begin');
        const result: unknown = await super.execute(...given);
        note('end');
        return result;
      }
    }
    const { module, commands } = await compile(
      Test.createTestingModule({ imports: [cqrs.CqrsModule.forRoot()], providers: [Works] })
        .overrideProvider(cqrs.CommandBus)
        .useClass(TimingCommandBus),
    );
    note(commands instanceof TimingCommandBus, module.get(cqrs.CommandBus, { strict: false }) === commands);
    note(await commands.execute(new Work(1)));
  });

  sameAsIncumbent(
    'a subclass of the bus beside the module, under its token, has the handlers when registered',
    async stage => {
      const { cqrs, compile, note } = stage;
      const [Works] = handlersOf(cqrs, note);
      @Injectable()
      class OwnCommandBus extends cqrs.CommandBus {
        constructor(@Inject(ModuleRef) moduleRef: any) {
          super(moduleRef);
        }
        protected override registerHandler(handler: any): void {
          note('registers', handler.metatype.name);
          super.registerHandler(handler);
        }
      }
      const { module } = await compile(
        Test.createTestingModule({
          providers: [
            Works,
            { provide: 'CQRS_MODULE_OPTIONS', useValue: {} },
            { provide: cqrs.CommandBus, useClass: OwnCommandBus },
            { provide: cqrs.QueryBus, useValue: {} },
            { provide: cqrs.EventBus, useValue: {} },
          ],
        }),
      );
      const commands = module.get(cqrs.CommandBus);
      commands.register(wrappersOf(module.get(ModulesContainer, { strict: false }), [Works]));
      note(await commands.execute(new Work(3)));
    },
  );

  sameAsIncumbent('buses of a test may be mocked objects', async ({ cqrs, compile, note }) => {
    @Injectable()
    class Service {
      constructor(
        @Inject(cqrs.CommandBus) private readonly commands: { execute(command: object): Promise<unknown> },
        @Inject(cqrs.EventBus) private readonly events: { publish(event: object): unknown },
      ) {}
      async run() {
        this.events.publish(new Worked(1));
        return this.commands.execute(new Work(1));
      }
    }
    const [execute, publish] = [jest.fn(() => Promise.resolve('mocked')), jest.fn()];
    const builder = Test.createTestingModule({
      providers: [
        Service,
        { provide: cqrs.CommandBus, useValue: { execute } },
        { provide: cqrs.EventBus, useValue: { publish } },
        { provide: cqrs.QueryBus, useValue: { execute: jest.fn() } },
        { provide: cqrs.UnhandledExceptionBus, useValue: { subscribe: jest.fn() } },
        { provide: cqrs.EventPublisher, useValue: { mergeObjectContext: (object: object) => object } },
      ],
    });
    const module = await builder.compile();
    note(await module.get(Service).run(), execute.mock.calls, publish.mock.calls);
    await compile(builder).catch(() => undefined);
  });

  sameAsIncumbent('handlers of feature modules that import plain CqrsModule are found', async stage => {
    const { cqrs, compile, note } = stage;
    const [Works, Listens, Answers] = handlersOf(cqrs, note);
    @Injectable()
    class Service {
      constructor(
        @Inject(cqrs.CommandBus) readonly commands: any,
        @Inject(cqrs.QueryBus) readonly queries: any,
        @Inject(cqrs.EventBus) readonly events: any,
      ) {}
    }
    @Module({ imports: [cqrs.CqrsModule], providers: [Works, Listens, Answers, Service] })
    class FeatureModule {}
    const { module } = await compile(Test.createTestingModule({ imports: [FeatureModule] }));
    const { commands, queries, events } = module.get(Service, { strict: false });
    note(await commands.execute(new Work(1)), await queries.execute(new Ask()));
    await events.publish(new Worked(2));
  });

  sameAsIncumbent('options come from a factory, a class, another provider or a value', async stage => {
    const { cqrs, compile, note } = stage;
    @Injectable()
    class Factory {
      createCqrsOptions() {
        return { commandPublisher: { publish: () => note('published') } };
      }
    }
    @Module({ providers: [Factory], exports: [Factory] })
    class FactoryModule {}
    const [Works] = handlersOf(cqrs, note);
    const { forRootAsync } = cqrs.CqrsModule;
    const make = forRootAsync.bind(cqrs.CqrsModule);
    for (const options of [
      { useFactory: async () => Promise.resolve(new Factory().createCqrsOptions()) },
      { useFactory: (factory: Factory) => factory.createCqrsOptions(), inject: [Factory], imports: [FactoryModule] },
      { useClass: Factory },
      { useExisting: Factory, imports: [FactoryModule] },
      { useValue: new Factory().createCqrsOptions() },
    ]) {
      const { commands } = await compile(Test.createTestingModule({ imports: [make(options)], providers: [Works] }));
      await commands.execute(new Work(1));
    }
  });

  sameAsIncumbent('forRootAsync without any maker of options is refused', ({ cqrs, note }) => {
    try {
      note(cqrs.CqrsModule.forRootAsync({}));
    } catch (error) {
      note(error instanceof Error);
    }
    return Promise.resolve();
  });

  sameAsIncumbent('exceptions are errors of their own classes and say what they are about', ({ cqrs, note }) => {
    for (const error of [
      new cqrs.CommandHandlerNotFoundException('Work'),
      new cqrs.QueryHandlerNotFoundException('Ask'),
      new cqrs.InvalidCommandHandlerException(),
      new cqrs.InvalidQueryHandlerException(),
      new cqrs.InvalidEventsHandlerException(),
      new cqrs.InvalidSagaException(),
      new cqrs.UnsupportedSagaScopeException(),
    ])
      note(error instanceof Error, error.constructor.name, /Work|Ask|handler|[Ss]aga/.test(error.message));
    note(
      new cqrs.CommandHandlerNotFoundException('Work').message.includes('No handler found for the command: "Work".'),
    );
    note(new cqrs.QueryHandlerNotFoundException('Ask').message.includes('No handler found for the query: "Ask"'));
    return Promise.resolve();
  });

  sameAsIncumbent('an application starts and closes more than once with the same classes', async stage => {
    const { cqrs, start, note } = stage;
    const handlers = handlersOf(cqrs, note);
    for (const round of [1, 2]) {
      const { commands, events, module } = await start([...handlers]);
      await commands.execute(new Work(round));
      await events.publish(new Worked(round));
      await quiet();
      await module.close();
    }
  });

  sameAsIncumbent(
    'a subclass of a bus may have a constructor of its own, its parameters found by their types',
    async stage => {
      const { cqrs, compile, note } = stage;
      const [Works, Listens] = handlersOf(cqrs, note);
      @Injectable()
      class Clock {
        readonly now = 'noon';
      }
      @Injectable()
      class OwnCommandBus extends cqrs.CommandBus {
        constructor(
          private readonly clock: Clock,
          @Inject('CQRS_MODULE_OPTIONS') options: any,
          moduleRef: ModuleRef,
        ) {
          super(moduleRef as never, options);
          note(clock instanceof Clock, moduleRef instanceof ModuleRef);
        }
        time() {
          return this.clock.now;
        }
      }
      @Injectable()
      class OwnEventBus extends cqrs.EventBus {
        constructor(
          private readonly clock: Clock,
          moduleRef: ModuleRef,
          @Inject(cqrs.CommandBus) commandBus: any,
          @Inject('CQRS_MODULE_OPTIONS') options: any,
          @Inject(cqrs.UnhandledExceptionBus) unhandledExceptionBus: any,
        ) {
          super(commandBus, moduleRef as never, unhandledExceptionBus, options);
          note(this.clock instanceof Clock, moduleRef instanceof ModuleRef);
        }
      }
      const { commands, events } = await compile(
        Test.createTestingModule({
          imports: [
            cqrs.CqrsModule.forRoot(),
            { module: class ClockModule {}, global: true, providers: [Clock], exports: [Clock] },
          ],
          providers: [Works, Listens],
        })
          .overrideProvider(cqrs.CommandBus)
          .useClass(OwnCommandBus)
          .overrideProvider(cqrs.EventBus)
          .useClass(OwnEventBus),
      );
      note((commands as OwnCommandBus).time(), await commands.execute(new Work(1)));
      await events.publish(new Worked(2));
    },
  );

  sameAsIncumbent('a subclass of a bus may override how handlers are registered', async stage => {
    const { cqrs, compile, note } = stage;
    const registered: unknown[][] = [];
    const [Works, Listens, Answers] = handlersOf(cqrs, note);
    @Injectable()
    class OwnCommandBus extends cqrs.CommandBus {
      protected override registerHandler(handler: any): void {
        registered.push(['command handler', handler.metatype.name, handler.instance instanceof Works]);
        super.registerHandler(handler);
      }
    }
    @Injectable()
    class OwnQueryBus extends cqrs.QueryBus {
      override bind(handler: any, id: string): void {
        registered.push(['query handler', handler.metatype.name, typeof id]);
        super.bind(handler, id);
      }
    }
    @Injectable()
    class OwnEventBus extends cqrs.EventBus {
      protected override registerHandler(handler: any): void {
        registered.push(['event handler', handler.metatype.name]);
        super.registerHandler(handler);
      }
      override bind(handler: any, id: string): void {
        registered.push(['event', handler.metatype.name, typeof id]);
        super.bind(handler, id);
      }
    }
    const { commands, queries, events } = await compile(
      Test.createTestingModule({ imports: [cqrs.CqrsModule.forRoot()], providers: [Works, Listens, Answers] })
        .overrideProvider(cqrs.CommandBus)
        .useClass(OwnCommandBus)
        .overrideProvider(cqrs.QueryBus)
        .useClass(OwnQueryBus)
        .overrideProvider(cqrs.EventBus)
        .useClass(OwnEventBus),
    );
    note(registered.toSorted());
    note(await commands.execute(new Work(1)), await queries.execute(new Ask()));
    await events.publish(new Worked(2));
  });

  sameAsIncumbent('a subclass of a bus may leave handlers out', async ({ cqrs, compile, note, outcome }) => {
    const [Works] = handlersOf(cqrs, note);
    @Injectable()
    class OwnCommandBus extends cqrs.CommandBus {
      protected override registerHandler(): void {
        note('left out');
      }
    }
    const { commands } = await compile(
      Test.createTestingModule({ imports: [cqrs.CqrsModule.forRoot()], providers: [Works] })
        .overrideProvider(cqrs.CommandBus)
        .useClass(OwnCommandBus),
    );
    note(await outcome(async () => commands.execute(new Work(1))));
  });

  sameAsIncumbent('onApplicationBootstrap of the module makes handlers available', async ({ cqrs, note }) => {
    const [Works, Listens] = handlersOf(cqrs, note);
    const module = await Test.createTestingModule({
      imports: [cqrs.CqrsModule.forRoot()],
      providers: [Works, Listens],
    }).compile();
    await module.get(cqrs.CqrsModule).onApplicationBootstrap();
    note(await module.get(cqrs.CommandBus).execute(new Work(1)));
    await module.get(cqrs.EventBus).publish(new Worked(2));
  });

  sameAsIncumbent(
    'handlers without execute stop the start with their own exceptions',
    async ({ cqrs, start, note }) => {
      const CommandHandler = cqrs.CommandHandler as unknown as typeof cqrs.EventsHandler;
      @(CommandHandler(Work) as ClassDecorator)
      class NoExecute {}
      @(cqrs.QueryHandler(Ask) as unknown as ClassDecorator)
      class NoAnswer {}
      const errorOf = (provider: any) => start([provider]).catch((error: unknown) => error);
      note((await errorOf(NoExecute)) instanceof cqrs.InvalidCommandHandlerException);
      note((await errorOf(NoAnswer)) instanceof cqrs.InvalidQueryHandlerException);
    },
  );
});
