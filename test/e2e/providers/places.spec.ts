import {
  Controller,
  forwardRef,
  Inject,
  Injectable,
  Module,
  Scope,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  AsyncContext,
  Command,
  CommandBus,
  CommandHandler,
  CqrsModule,
  Event,
  EventBus,
  EventsHandler,
  type MessageContext,
  Query,
  QueryBus,
  QueryHandler,
  StreamQuery,
} from '../../../lib/index.js';
import { scenario } from '../../../lib/testing/index.js';
import { start } from '../../support/application.js';
import { soon } from '../../support/waiting.js';

class Ping extends Command<string> {}
class Pong extends Command<string> {}
class Rows extends StreamQuery<number> {}
class Who extends Query<object> {}
class Pinged extends Event {
  readonly seenBy: unknown[] = [];
}

describe('Modules', () => {
  it('may re-export CqrsModule', async () => {
    @Module({ imports: [CqrsModule.forRoot()], exports: [CqrsModule] })
    class SharedModule {}
    @Injectable()
    class User {
      constructor(readonly commands: CommandBus) {}
      @CommandHandler(Ping)
      ping() {
        return Promise.resolve('pong');
      }
    }
    @Module({ imports: [SharedModule], providers: [User], exports: [User] })
    class UserModule {}
    const { app } = await start({ imports: [UserModule] });
    expect(await app.get(User, { strict: false }).commands.execute(new Ping())).toBe('pong');
  });

  it('may import each other, and their handlers may inject each other', async () => {
    @Injectable()
    class PingHandlers {
      constructor(
        @Inject(forwardRef(() => PongHandlers)) readonly other: { name: string },
        readonly commands: CommandBus,
      ) {}
      readonly name = 'ping';
      @CommandHandler(Ping)
      async ping() {
        return `${this.other.name} ${await this.commands.execute(new Pong())}`;
      }
    }
    @Injectable()
    class PongHandlers {
      constructor(@Inject(forwardRef(() => PingHandlers)) readonly other: { name: string }) {}
      readonly name = 'pong';
      @CommandHandler(Pong)
      pong() {
        return Promise.resolve(this.other.name);
      }
    }
    @Module({ imports: [CqrsModule, forwardRef(() => PongModule)], providers: [PingHandlers], exports: [PingHandlers] })
    class PingModule {}
    @Module({ imports: [CqrsModule, forwardRef(() => PingModule)], providers: [PongHandlers], exports: [PongHandlers] })
    class PongModule {}
    const { app } = await start({ imports: [CqrsModule.forRoot(), PingModule] });
    const { executed } = await scenario(app).when(new Ping()).answers('pong ping');
    expect(executed.handledBy).toEqual(['PingHandlers.ping', 'PongHandlers.pong']);
  });

  it('may be dynamic, each with handlers of its own', async () => {
    @Injectable()
    class Named {
      constructor(@Inject('NAME') readonly name: string) {}
      @EventsHandler(Pinged)
      note(event: Pinged) {
        event.seenBy.push(this.name);
      }
    }
    class NamedModule {
      static register(name: string) {
        const Own = { [name]: class extends Named {} }[name]!;
        return { module: NamedModule, providers: [{ provide: 'NAME', useValue: name }, Own] };
      }
    }
    const { events } = await start({
      imports: [CqrsModule.forRoot(), NamedModule.register('one'), NamedModule.register('two')],
    });
    const event = new Pinged();
    await events.publish(event);
    expect(event.seenBy).toEqual(['one', 'two']);
  });

  it('are handlers themselves where their class is decorated', async () => {
    @Module({ imports: [CqrsModule.forRoot()] })
    class AppModule {
      @CommandHandler(Ping)
      ping() {
        return Promise.resolve('by the module');
      }
    }
    const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
    expect(await app.get(CommandBus).execute(new Ping())).toBe('by the module');
    await app.close();
  });

  it('are not wired in preview mode, where Nest constructs nothing', async () => {
    let constructed = 0;
    @Injectable()
    class Handlers {
      constructor() {
        constructed += 1;
      }
      @CommandHandler(Ping)
      ping() {
        return Promise.resolve('pong');
      }
    }
    @Module({ imports: [CqrsModule.forRoot()], providers: [Handlers] })
    class AppModule {}
    const app = await NestFactory.createApplicationContext(AppModule, { logger: false, preview: true });
    await app.close();
    expect(constructed).toBe(0);
  });
});

describe('Controllers with handler methods', () => {
  it('may be request-scoped', async () => {
    @Controller({ scope: Scope.REQUEST })
    class ScopedController {
      @QueryHandler(Who)
      who(): object {
        return this;
      }
    }
    const { queries } = await start({ imports: [CqrsModule.forRoot()], controllers: [ScopedController] });
    const context = new AsyncContext();
    expect(await queries.ask(new Who(), context)).toBeInstanceOf(ScopedController);
    expect(await queries.ask(new Who(), context)).toBe(await queries.ask(new Who(), context));
    expect(await queries.ask(new Who())).not.toBe(await queries.ask(new Who()));
  });

  it('may carry enhancers', async () => {
    const seen: unknown[] = [];
    @Injectable()
    class Guard implements CanActivate {
      canActivate(context: ExecutionContext) {
        seen.push(context.getType<string>(), context.getHandler().name);
        return true;
      }
    }
    @UseGuards(Guard)
    @Controller()
    class GuardedController {
      @CommandHandler(Ping)
      ping() {
        return Promise.resolve('pong');
      }
    }
    const { commands } = await start({ imports: [CqrsModule.forRoot()], controllers: [GuardedController] });
    expect(await commands.execute(new Ping())).toBe('pong');
    expect(seen).toEqual(['cqrs', 'ping']);
  });
});

describe('Handlers of every scope', () => {
  @Injectable({ scope: Scope.REQUEST })
  class Scoped {
    constructor(readonly bus: EventBus) {}

    @QueryHandler(Rows)
    async *rows(_query: Rows, context: MessageContext) {
      await Promise.resolve();
      yield 1;
      yield context.attempt;
    }
    @CommandHandler(Ping)
    async ping(_command: Ping, context: MessageContext) {
      const event = new Pinged();
      await this.bus.publish(event, { context });
      return event.seenBy[0] === this ? 'same instance' : 'another instance';
    }
    @EventsHandler(Pinged)
    pinged(event: Pinged) {
      event.seenBy.push(this);
    }
  }

  it('stream rows', async () => {
    const { app } = await start({ imports: [CqrsModule.forRoot()], providers: [Scoped] });
    await scenario(app).when(new Rows()).answers([1, 1]);
  });

  it('share their scope with what they send, when they hand their context on', async () => {
    const { commands } = await start({ imports: [CqrsModule.forRoot()], providers: [Scoped] });
    expect(await commands.execute(new Ping())).toBe('same instance');
  });

  it('share their scope with what they send, when contexts propagate', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class Nested {
      constructor(readonly queries: QueryBus) {}
      @CommandHandler(Pong)
      async pong() {
        return (await this.queries.ask(new Who())) === this ? 'same instance' : 'another instance';
      }
      @QueryHandler(Who)
      who(): object {
        return this;
      }
    }
    const { commands } = await start({
      imports: [CqrsModule.forRoot({ propagateContext: true })],
      providers: [Nested],
    });
    expect(await commands.execute(new Pong())).toBe('same instance');
  });

  it('see events in sequential mode, one after another', async () => {
    const order: string[] = [];
    @Injectable({ scope: Scope.REQUEST })
    class First {
      @EventsHandler(Pinged)
      async handle() {
        order.push('first begins');
        await soon();
        order.push('first ends');
      }
    }
    class Second {
      @EventsHandler(Pinged)
      handle() {
        order.push('second');
      }
    }
    const { events } = await start({
      imports: [CqrsModule.forRoot({ events: { mode: 'sequential' } })],
      providers: [First, Second],
    });
    await events.publish(new Pinged());
    expect(order).toEqual(['first begins', 'first ends', 'second']);
  });
});
