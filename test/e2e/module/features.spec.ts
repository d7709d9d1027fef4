import { Controller, Injectable, Module } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import {
  Command,
  CommandBus,
  CommandHandler,
  CqrsModule,
  Event,
  EventBus,
  EventsHandler,
  type Next,
  Query,
  QueryBus,
  QueryHandler,
  UnhandledExceptionBus,
} from '../../../lib/index.js';
import { scenario, track } from '../../../lib/testing/index.js';
import { start } from '../../support/application.js';

class Rename extends Command<string> {}
class NameOf extends Query<string> {}
class Renamed extends Event {}

@Injectable()
class Users {
  readonly renamed: Renamed[] = [];

  constructor(
    readonly commands: CommandBus,
    readonly queries: QueryBus,
    readonly events: EventBus,
  ) {}

  @CommandHandler(Rename)
  async rename() {
    await this.events.publish(new Renamed());
    return 'renamed';
  }

  @QueryHandler(NameOf)
  name() {
    return 'ann';
  }

  @EventsHandler(Renamed)
  project(event: Renamed) {
    this.renamed.push(event);
  }
}

@Module({ imports: [CqrsModule], providers: [Users], exports: [Users] })
class UsersModule {}

@Injectable()
class Orders {
  constructor(
    readonly commands: CommandBus,
    readonly events: EventBus,
  ) {}
}

@Module({ imports: [CqrsModule], providers: [Orders] })
class OrdersModule {}

describe('Plain CqrsModule in feature modules', () => {
  it('gives every module the same buses', async () => {
    const { app, commands, queries, events } = await start({ imports: [UsersModule, OrdersModule] });
    const users = app.get(Users, { strict: false });
    const orders = app.get(Orders, { strict: false });
    expect([users.commands, users.queries, users.events]).toEqual([commands, queries, events]);
    expect(users.commands).toBe(orders.commands);
    expect(users.events).toBe(orders.events);
    expect(users.commands).toBe(commands);
  });

  it('works in an application that never calls forRoot', async () => {
    const { app } = await start({ imports: [UsersModule] });
    const renamed = scenario(app).when(new Rename());
    await renamed.answers('renamed');
    const { published } = await renamed.publishes(new Renamed());
    expect(published.handledBy).toEqual(['Users.project']);
    await scenario(app).when(new NameOf()).answers('ann');
  });

  it('serves modules that import nothing, once one module has imported it', async () => {
    @Module({ providers: [Orders], exports: [Orders] })
    class BareModule {}
    const { app, commands } = await start({ imports: [CqrsModule.forRoot(), BareModule] });
    expect(app.get(Orders, { strict: false }).commands).toBe(commands);
  });

  it('lets middleware of the root wrap the handlers of every feature module, whatever the order of imports', async () => {
    const seen: string[] = [];
    const audit = (message: object, next: Next) => {
      seen.push(message.constructor.name);
      return next(message);
    };
    for (const imports of [
      [CqrsModule.forRoot({ middleware: [audit] }), UsersModule],
      [UsersModule, CqrsModule.forRoot({ middleware: [audit] })],
    ]) {
      seen.length = 0;
      const { commands, queries } = await start({ imports });
      await commands.dispatch(new Rename());
      await queries.ask(new NameOf());
      expect(seen).toEqual(['Rename', 'Renamed', 'NameOf']);
    }
  });

  it('lets publishers of the root see what feature modules send', async () => {
    const seen: object[] = [];
    const commandPublisher = { publish: (command: object) => seen.push(command) };
    const { app } = await start({ imports: [UsersModule, CqrsModule.forRoot({ commandPublisher })] });
    const command = new Rename();
    await app.get(Users, { strict: false }).commands.dispatch(command);
    expect(seen).toEqual([command]);
  });

  it('shows a monitor at the root everything that feature modules send', async () => {
    const { app, commands, queries, events } = await start({ imports: [CqrsModule.forRoot(), UsersModule] });
    const seen: object[] = [];
    for (const bus of [commands, queries, events]) bus.subscribe(message => seen.push(message as object));
    const users = app.get(Users, { strict: false });
    await users.commands.dispatch(new Rename());
    await users.queries.ask(new NameOf());
    expect(seen.map(message => message.constructor.name)).toEqual(['Rename', 'Renamed', 'NameOf']);
  });

  it('gives the failures of every module to one exception bus', async () => {
    @EventsHandler(Renamed)
    class Failing {
      handle() {
        throw new Error('broken');
      }
    }
    @Module({ imports: [CqrsModule], providers: [Failing] })
    class FailingModule {}
    const { app } = await start({ imports: [CqrsModule.forRoot(), UsersModule, FailingModule] });
    const { failures } = await track(app, { failures: 'collect' }).dispatch(new Rename());
    expect(failures).toEqual([
      {
        error: new Error('broken'),
        message: new Renamed(),
        handler: { name: 'Failing', module: 'FailingModule' },
      },
    ]);
  });

  it('finds handler methods on controllers', async () => {
    @Controller()
    class UsersController {
      @CommandHandler(Rename)
      rename() {
        return 'by the controller';
      }
    }
    const { app } = await start({ imports: [CqrsModule.forRoot()], controllers: [UsersController] });
    await scenario(app).when(new Rename()).answers('by the controller');
  });
});

describe('Buses as plain providers', () => {
  it('can be listed beside the module: handlers serve them too', async () => {
    @Module({ providers: [CommandBus, EventBus, Orders], exports: [Orders, CommandBus] })
    class OldModule {}
    const { app } = await start({ imports: [CqrsModule.forRoot(), UsersModule, OldModule] });
    const { commands } = app.get(Users, { strict: false });
    const own = app.get(Orders, { strict: false }).commands;
    expect(own === commands).toBe(false);
    expect(await own.execute(new Rename())).toBe('renamed');
    expect(await commands.execute(new Rename())).toBe('renamed');
  });

  it('can be listed beside the module and run what middleware says, once', async () => {
    const seen: object[] = [];
    const audit = (message: object, next: Next) => (seen.push(message), next(message));
    @Module({ providers: [EventBus, Orders], exports: [Orders] })
    class OldModule {}
    const { app } = await start({ imports: [CqrsModule.forRoot({ middleware: [audit] }), UsersModule, OldModule] });
    await app.get(Orders, { strict: false }).events.publish(new Renamed());
    expect(app.get(Users, { strict: false }).renamed).toHaveLength(1);
    expect(seen).toHaveLength(1);
  });

  it('can be listed without the module: they are constructed, and have the handlers registered on them', async () => {
    const { app } = await start({ providers: [CommandBus, QueryBus, EventBus, UnhandledExceptionBus] });
    const commands = app.get(CommandBus);
    commands.register(Rename, () => 'by a function');
    expect(await commands.execute(new Rename())).toBe('by a function');
    await expect(app.get(EventBus).publish(new Renamed())).resolves.toBeUndefined();
  });

  it('can be subclasses in place of the buses: handlers serve them', async () => {
    @Injectable()
    class LoudCommandBus extends CommandBus {
      override execute(...args: [never]) {
        return super.execute(...args).then(result => `${String(result)}!`) as never;
      }
    }
    @Injectable()
    class OldEventBus extends EventBus {
      readonly published: object[] = [];
      readonly given: unknown[];
      constructor(commandBus: CommandBus, moduleRef: ModuleRef, unhandled: UnhandledExceptionBus) {
        super(commandBus, moduleRef, unhandled);
        this.given = [commandBus, moduleRef, unhandled];
      }
      override publish(...args: [never]) {
        this.published.push(args[0] as object);
        return super.publish(...args) as never;
      }
    }
    @Module({
      imports: [UsersModule],
      providers: [
        { provide: CommandBus, useClass: LoudCommandBus },
        { provide: EventBus, useClass: OldEventBus },
        Orders,
      ],
      exports: [Orders],
    })
    class AppModule {}
    const { app } = await start({ imports: [CqrsModule.forRoot(), AppModule] });
    const { commands, events } = app.get(Orders, { strict: false });
    expect(await commands.execute(new Rename())).toBe('renamed!');
    const event = new Renamed();
    await events.publish(event);
    expect((events as OldEventBus).published).toEqual([event]);
    expect((events as OldEventBus).given).toEqual([
      expect.any(LoudCommandBus),
      expect.any(ModuleRef),
      expect.any(UnhandledExceptionBus),
    ]);
    expect(app.get(Users, { strict: false }).renamed).toContain(event);
  });
});
