import 'reflect-metadata';
import { Inject, Injectable, Module, Optional } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { Test } from '@nestjs/testing';
// #region import
import { CommandBus, CommandHandler, CqrsModule, EventBus, EventsHandler, Saga } from 'nestjs-cqrs';
import { COMMAND_HANDLER_METADATA } from 'nestjs-cqrs/decorators/constants';
// #endregion
import {
  AggregateRoot,
  ASYNC_CONTEXT_ATTRIBUTE,
  AsyncContext,
  Command,
  CommandHandlerNotFoundException,
  type CqrsModuleOptions,
  CqrsException,
  CqrsWiringException,
  Event,
  EventPublisher,
  HandlerNotFoundException,
  InvalidSagaException,
  QueryBus,
  UnhandledExceptionBus,
  UnsupportedSagaScopeException,
} from 'nestjs-cqrs';
import { testApp, track } from 'nestjs-cqrs/testing';
import { refusalOf, start } from '../../support/application.js';

class Work extends Command<string> {}
class Happened extends Event {}
class HappenedTwice extends Happened {}

const log: string[] = [];
const logger = { log: (text: string) => void log.push(text) };
beforeEach(() => void log.splice(0));

@CommandHandler(Work)
class First {
  async execute() {
    return 'first';
  }
}
@CommandHandler(Work)
class Second {
  async execute() {
    return 'second';
  }
}

describe('docs/migration.md: publish', () => {
  it('waits for handlers, unless an option restores what was', async () => {
    let isHandled = false;
    @EventsHandler(Happened)
    class Slow {
      async handle() {
        await new Promise(resolve => setImmediate(resolve));
        isHandled = true;
      }
    }
    // #region wait
    const imports = [CqrsModule.forRoot({ events: { wait: 'none' } })];
    // #endregion
    const before = await start({ imports, providers: [Slow] });
    await before.events.publish(new Happened());
    expect(isHandled).toBe(false);
    await before.app.close();
    expect(isHandled).toBe(true);
    isHandled = false;
    const { events } = await start({ imports: [CqrsModule.forRoot()], providers: [Slow] });
    await events.publish(new Happened());
    expect(isHandled).toBe(true);
  });
});

describe('docs/migration.md: the start', () => {
  it('two handlers of one command stop it; with a warning instead, the first one serves', async () => {
    const providers = [First, Second];
    const { problems } = await refusalOf({ imports: [CqrsModule.forRoot()], providers });
    expect(problems.map(({ code }) => code)).toEqual(['CQRS_DUPLICATE_HANDLER']);

    // #region duplicates
    const imports = [CqrsModule.forRoot({ duplicates: 'warn' })];
    // #endregion
    const { commands, log: lines } = await start({ imports, providers });
    expect(await commands.execute(new Work())).toBe('first');
    expect(lines.warnings).toEqual([expect.stringMatching(/First.*Second|Second.*First/)]);
  });

  it('an invalid handler or saga stops it with the exception of the known name, if nothing else is wrong', async () => {
    class NoSaga {
      @(Saga() as MethodDecorator)
      nothing() {
        return 1;
      }
    }
    const failure = await refusalOf({ imports: [CqrsModule.forRoot()], providers: [NoSaga] });
    expect(failure).toBeInstanceOf(InvalidSagaException);
    const both = await refusalOf({ imports: [CqrsModule.forRoot()], providers: [NoSaga, First, Second] });
    expect(both).not.toBeInstanceOf(InvalidSagaException);
    expect(both.problems).toHaveLength(2);
  });

  it('modules that import plain CqrsModule share the buses and options of forRoot', async () => {
    @Module({ imports: [CqrsModule], providers: [First] })
    class FeatureModule {}
    const commandPublisher = { publish: () => void log.push('published') };
    const { app, commands } = await start({ imports: [CqrsModule.forRoot({ commandPublisher }), FeatureModule] });
    expect(app.select(FeatureModule).get(CommandBus, { strict: false })).toBe(commands);
    await commands.execute(new Work());
    expect(log).toEqual(['published']);
  });

  it('handlers are there before onModuleInit of other modules', async () => {
    @Injectable()
    class Early {
      constructor(private readonly commands: CommandBus) {}
      async onModuleInit() {
        log.push(await this.commands.execute(new Work()));
      }
    }
    await start({ imports: [CqrsModule.forRoot()], providers: [Early, First] });
    expect(log).toEqual(['first']);
  });
});

describe('docs/migration.md: messages', () => {
  it('every error of a dispatch is a rejection, and every result a promise', async () => {
    class Plain extends Command<string> {}
    const { commands } = await start({ imports: [CqrsModule.forRoot()], providers: [] });
    const missing = commands.execute(new Plain());
    await expect(missing).rejects.toBeInstanceOf(CommandHandlerNotFoundException);
    await expect(missing).rejects.toBeInstanceOf(HandlerNotFoundException);
    await expect(missing).rejects.toBeInstanceOf(CqrsException);
    commands.register(Plain, () => 'plain');
    const result = commands.execute(new Plain());
    expect(result).toBeInstanceOf(Promise);
    expect(await result).toBe('plain');
  });

  it('a handler of a base class gets the events of subclasses, also of those with a handler of their own', async () => {
    @EventsHandler(Happened)
    class OfBase {
      handle() {}
    }
    @EventsHandler(HappenedTwice)
    class OfSubclass {
      handle() {}
    }
    const { app } = await start({ imports: [CqrsModule.forRoot()], providers: [OfBase, OfSubclass] });
    const { published } = await track(app).publish(new HappenedTwice());
    expect(published.handledBy.toSorted()).toEqual(['OfBase', 'OfSubclass']);
  });

  it('a command that is published, and an event that is dispatched, are refused', async () => {
    const { commands, events } = await start({ imports: [CqrsModule.forRoot()], providers: [First] });
    await expect(events.publish(new Work())).rejects.toThrow(
      'No handler found for the event: "Work". First handles it as a command: send it through the command bus.',
    );
    await expect(commands.dispatch(new Happened())).rejects.toThrow(CommandHandlerNotFoundException);
  });

  it('publish returns a promise: of nothing, or of what a publisher in place of the bus returned', async () => {
    const { events } = await start({ imports: [CqrsModule.forRoot()] });
    expect(await events.publish(new Happened())).toBeUndefined();
    const eventPublisher = { publish: () => 'offset 7' };
    const other = await start({ imports: [CqrsModule.forRoot({ eventPublisher })] });
    expect(await other.events.publish(new Happened())).toBe('offset 7');
  });

  it('rethrowUnhandled makes publish reject, and nothing else', async () => {
    const { events } = await start({ imports: [CqrsModule.forRoot({ rethrowUnhandled: true })] });
    const failure = new Error('a handler fails');
    events.register(Happened, () => Promise.reject(failure));
    void events.publish(new Happened());
    await expect(events.publish(new Happened())).rejects.toBe(failure);
  });

  it('nothing is written onto a message that is sent in a context; attachTo writes, as before', async () => {
    const { commands } = await start({ imports: [CqrsModule.forRoot()], providers: [First] });
    const [sent, attached] = [new Work(), new Work()];
    await commands.execute(sent, new AsyncContext());
    expect(ASYNC_CONTEXT_ATTRIBUTE in sent).toBe(false);
    expect(AsyncContext.of(sent)).toBeInstanceOf(AsyncContext);
    new AsyncContext().attachTo(attached);
    expect(ASYNC_CONTEXT_ATTRIBUTE in attached).toBe(true);
  });
});

describe('docs/migration.md: aggregates', () => {
  it('commit returns a promise, and classes that override it as returning nothing still compile', async () => {
    class Order extends AggregateRoot {
      override commit(): void {
        void super.commit();
      }
    }
    const { app, events } = await start({ imports: [CqrsModule.forRoot()] });
    events.register(Happened, () => void log.push('handled'));
    const order = app.get(EventPublisher).mergeObjectContext(new Order());
    order.apply(new Happened());
    const { published } = await track(app).run(() => order.commit());
    expect(published.messages).toEqual([new Happened()]);
    expect(log).toEqual(['handled']);
  });
});

describe('docs/migration.md: subclasses, tests, metadata', () => {
  // #region subclass
  @Injectable()
  class LoggingCommandBus extends CommandBus {
    constructor(moduleRef: ModuleRef, @Optional() @Inject('CQRS_MODULE_OPTIONS') options?: CqrsModuleOptions) {
      super(moduleRef, options);
    }

    override execute(...[command, ...rest]: [object, AsyncContext?]): Promise<any> {
      logger.log(command.constructor.name);
      return super.execute(command, ...rest);
    }
  }
  // #endregion

  // #region subclass-event-bus
  @Injectable()
  class LoggingEventBus extends EventBus {
    constructor(
      commandBus: CommandBus,
      moduleRef: ModuleRef,
      unhandledExceptionBus: UnhandledExceptionBus,
      @Optional() @Inject('CQRS_MODULE_OPTIONS') options?: CqrsModuleOptions,
    ) {
      super(commandBus, moduleRef, unhandledExceptionBus, options);
    }
  }
  // #endregion

  it('a subclass of a bus in its place has the handlers of the application', async () => {
    const moduleRef = await Test.createTestingModule({ imports: [CqrsModule.forRoot()], providers: [First] })
      .overrideProvider(CommandBus)
      .useClass(LoggingCommandBus)
      .overrideProvider(EventBus)
      .useClass(LoggingEventBus)
      .compile();
    await moduleRef.init();
    moduleRef.get(EventBus).register(Happened, () => void log.push('handled'));
    expect(await moduleRef.get(CommandBus).execute(new Work())).toBe('first');
    await moduleRef.get(EventBus).publish(new Happened());
    await moduleRef.close();
    expect(log).toEqual(['Work', 'handled']);
  });

  it('the subclass may be a provider of its own module, beside the bus of CqrsModule', async () => {
    @Module({ providers: [First, LoggingCommandBus], exports: [LoggingCommandBus] })
    class WorkModule {}
    const { app } = await start({ imports: [CqrsModule.forRoot(), WorkModule] });
    expect(await app.get(LoggingCommandBus, { strict: false }).execute(new Work())).toBe('first');
    expect(log).toEqual(['Work']);
  });

  it('buses may be plain providers, without the module', async () => {
    await using app = await testApp({
      providers: [CommandBus, QueryBus, EventBus, UnhandledExceptionBus, EventPublisher],
    });
    const commands = app.get(CommandBus);
    commands.register(Work, () => Promise.resolve('by hand'));
    expect(await commands.execute(new Work())).toBe('by hand');
  });

  it('decorators leave what @nestjs/cqrs leaves under the same keys', () => {
    expect(Reflect.getMetadata(COMMAND_HANDLER_METADATA, First)).toBe(Work);
    expect(UnsupportedSagaScopeException.prototype).toBeInstanceOf(CqrsWiringException);
  });
});
