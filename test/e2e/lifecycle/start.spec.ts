import {
  Global,
  Inject,
  Injectable,
  Module,
  Scope,
  type ModuleMetadata,
  type OnApplicationBootstrap,
  type OnModuleInit,
  type Provider,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import {
  Command,
  CommandBus,
  CommandHandler,
  CqrsModule,
  CqrsWiringException,
  Event,
  EventBus,
  EventsHandler,
  NotWiredException,
  Query,
  QueryBus,
  QueryHandler,
} from '../../../lib/index.js';
import { RecordedLog, start } from '../../support/application.js';
import { soon } from '../../support/waiting.js';
import { escaped } from '../../support/escaped-rejections.js';

class Warm extends Command<string> {}
class IsWarm extends Query<boolean> {}
class Warmed extends Event {
  constructor(readonly by: string) {
    super();
  }
}

@Injectable()
class Stove {
  readonly warmed: string[] = [];

  @CommandHandler(Warm)
  warm() {
    return Promise.resolve('warm');
  }
  @QueryHandler(IsWarm)
  isWarm() {
    return true;
  }
  @EventsHandler(Warmed)
  onWarmed({ by }: Warmed) {
    this.warmed.push(by);
  }
}

@Module({ imports: [CqrsModule], providers: [Stove], exports: [Stove] })
class StoveModule {}

const compile = (metadata: ModuleMetadata) => Test.createTestingModule(metadata).setLogger(new RecordedLog()).compile();

/** Uses all three buses and keeps what they answer. */
@Injectable()
abstract class User {
  readonly answers: unknown[] = [];
  constructor(
    @Inject(CommandBus) readonly commands: CommandBus,
    @Inject(QueryBus) readonly queries: QueryBus,
    @Inject(EventBus) readonly events: EventBus,
  ) {}
  protected async use(by: string) {
    this.answers.push(await this.commands.execute(new Warm()), await this.queries.ask(new IsWarm()));
    await this.events.publish(new Warmed(by));
  }
}

@Injectable()
class InitUser extends User implements OnModuleInit {
  onModuleInit() {
    return this.use('onModuleInit');
  }
}

@Injectable()
class BootstrapUser extends User implements OnApplicationBootstrap {
  onApplicationBootstrap() {
    return this.use('onApplicationBootstrap');
  }
}

describe('Handlers are ready', () => {
  it.each([
    ['onModuleInit', InitUser],
    ['onApplicationBootstrap', BootstrapUser],
  ])('in %s of every module, wherever it stands among the imports', async (hook, type) => {
    @Module({ imports: [CqrsModule], providers: [type], exports: [type] })
    class UserModule {}
    for (const imports of [
      [UserModule, StoveModule, CqrsModule.forRoot()],
      [CqrsModule.forRoot(), StoveModule, UserModule],
    ]) {
      const { app } = await start({ imports });
      expect(app.get<User>(type, { strict: false }).answers).toEqual(['warm', true]);
      expect(app.get(Stove, { strict: false }).warmed).toEqual([hook]);
    }
  });

  it('in onModuleInit of a global module that comes before CqrsModule', async () => {
    @Global()
    @Module({ providers: [InitUser], exports: [InitUser] })
    class FirstModule {}
    const { app } = await start({ imports: [FirstModule, StoveModule, CqrsModule.forRoot()] });
    expect(app.get(InitUser, { strict: false }).answers).toEqual(['warm', true]);
  });

  it('in onModuleInit of the root module itself', async () => {
    const answers: unknown[] = [];
    @Module({ imports: [CqrsModule.forRoot(), StoveModule] })
    class AppModule implements OnModuleInit {
      constructor(readonly commands: CommandBus) {}
      async onModuleInit() {
        answers.push(await this.commands.execute(new Warm()));
      }
    }
    const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
    await app.close();
    expect(answers).toEqual(['warm']);
  });

  it('after compile() of a test without init()', async () => {
    const module = await compile({ imports: [CqrsModule.forRoot(), StoveModule] });
    const [commands, queries, events] = [module.get(CommandBus), module.get(QueryBus), module.get(EventBus)];
    expect(await commands.execute(new Warm())).toBe('warm');
    expect(await queries.ask(new IsWarm())).toBe(true);
    await events.publish(new Warmed('test'));
    expect(module.get(Stove, { strict: false }).warmed).toEqual(['test']);
    await module.close();
  });

  it('after compile() when all buses are used at once, and after init() no handler is there twice', async () => {
    const module = await compile({ imports: [CqrsModule.forRoot(), StoveModule] });
    const results = await Promise.all([
      module.get(EventBus).publish(new Warmed('early')),
      module.get(CommandBus).execute(new Warm()),
      module.get(QueryBus).ask(new IsWarm()),
    ]);
    expect(results).toEqual([undefined, 'warm', true]);
    await module.init();
    await module.get(EventBus).publish(new Warmed('late'));
    expect(module.get(Stove, { strict: false }).warmed).toEqual(['early', 'late']);
    await module.close();
  });

  it('when nothing but request-scoped providers is left to be made', async () => {
    @CommandHandler(Warm, { scope: Scope.REQUEST })
    class ScopedHandler {
      execute() {
        return Promise.resolve('scoped');
      }
    }
    @Injectable({ scope: Scope.REQUEST })
    class UnitOfWork {}
    @Injectable({ scope: Scope.TRANSIENT })
    class Logs {}
    @QueryHandler(IsWarm)
    class DependentHandler {
      constructor(
        readonly work: UnitOfWork,
        readonly logs: Logs,
      ) {}
      execute() {
        return true;
      }
    }
    const providers = [UnitOfWork, Logs, ScopedHandler, DependentHandler];
    const module = await compile({ imports: [CqrsModule.forRoot()], providers });
    expect(await module.get(CommandBus).execute(new Warm())).toBe('scoped');
    expect(await module.get(QueryBus).ask(new IsWarm())).toBe(true);
    await module.close();
  });
});

describe('Before the providers of the application are there', () => {
  it('events published in constructors and factories are kept, and handled in their order', async () => {
    const settled: unknown[] = [];
    @Injectable()
    class Eager {
      constructor(events: EventBus) {
        void events.publish(new Warmed('constructor 1')).then(() => settled.push('constructor 1'));
        void events.publishAll([new Warmed('constructor 2'), new Warmed('constructor 3')]);
      }
    }
    const factory: Provider = {
      provide: 'factory',
      inject: [EventBus, Eager],
      useFactory: (events: EventBus) => void events.publish(new Warmed('factory')),
    };
    const { app } = await start({ imports: [CqrsModule.forRoot(), StoveModule], providers: [Eager, factory] });
    expect(app.get(Stove, { strict: false }).warmed).toEqual([
      'constructor 1',
      'constructor 2',
      'constructor 3',
      'factory',
    ]);
    expect(settled).toEqual(['constructor 1']);
  });

  it('a value that is not an event is refused at once, and blocks nothing', async () => {
    const failures: unknown[] = [];
    @Injectable()
    class Eager {
      constructor(events: EventBus) {
        events.publish(undefined as never).catch((error: { code: string }) => failures.push(error.code));
        void events.publish(new Warmed('after'));
      }
    }
    const { app } = await start({ imports: [CqrsModule.forRoot(), StoveModule], providers: [Eager] });
    expect(app.get(Stove, { strict: false }).warmed).toEqual(['after']);
    expect(failures).toEqual(['CQRS_INVALID_MESSAGE']);
  });

  it('a command or query in a constructor is refused with NotWiredException', async () => {
    const refusals: unknown[] = [];
    @Injectable()
    class Eager {
      constructor(commands: CommandBus, queries: QueryBus) {
        commands.execute(new Warm()).catch(error => refusals.push(error));
        queries.ask(new IsWarm()).catch(error => refusals.push(error));
      }
    }
    const { commands } = await start({ imports: [CqrsModule.forRoot(), StoveModule], providers: [Eager] });
    expect(refusals).toEqual([expect.any(NotWiredException), expect.any(NotWiredException)]);
    expect(await commands.execute(new Warm())).toBe('warm');
  });

  it('a factory that awaits a command fails the start with NotWiredException and never hangs', async () => {
    const factory: Provider = {
      provide: 'factory',
      inject: [CommandBus],
      useFactory: (commands: CommandBus) => commands.execute(new Warm()),
    };
    await expect(start({ imports: [CqrsModule.forRoot(), StoveModule], providers: [factory] })).rejects.toBeInstanceOf(
      NotWiredException,
    );
  });
});

describe('A wiring problem', () => {
  @CommandHandler(Warm)
  class SecondWarmHandler {
    execute() {
      return Promise.resolve('second');
    }
  }
  const metadata: ModuleMetadata = { imports: [CqrsModule.forRoot(), StoveModule], providers: [SecondWarmHandler] };

  it('rejects every dispatch before init(), and init() too', async () => {
    const module = await compile(metadata);
    await expect(module.get(CommandBus).execute(new Warm())).rejects.toBeInstanceOf(CqrsWiringException);
    await expect(module.get(QueryBus).ask(new IsWarm())).rejects.toBeInstanceOf(CqrsWiringException);
    await expect(module.get(EventBus).publish(new Warmed('early'))).rejects.toBeInstanceOf(CqrsWiringException);
    await expect(module.init()).rejects.toBeInstanceOf(CqrsWiringException);
    await module.close().catch(() => undefined);
  });

  it('causes no unhandled rejection for events published in a constructor', async () => {
    @Injectable()
    class Eager {
      constructor(events: EventBus) {
        void events.publish(new Warmed('constructor'));
      }
    }
    const providers = [SecondWarmHandler, Eager];
    await expect(start({ imports: [CqrsModule.forRoot(), StoveModule], providers })).rejects.toBeInstanceOf(
      CqrsWiringException,
    );
    await soon();
    expect(escaped).toEqual([]);
  });
});
