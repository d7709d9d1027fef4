import {
  Inject,
  Injectable,
  Module,
  Scope,
  UseGuards,
  UseInterceptors,
  UsePipes,
  type CanActivate,
  type ExecutionContext,
  type INestApplication,
  type NestInterceptor,
  type PipeTransform,
  type Provider,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE, REQUEST } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import {
  AsyncContext,
  Command,
  CommandBus,
  CommandHandler,
  CqrsModule,
  Event,
  EventsHandler,
  UseMiddleware,
} from '../../../lib/index.js';
import { codesOf, RecordedLog, start } from '../../support/application.js';

class Open extends Command<string> {}
class Opened extends Event {}

@Injectable()
class Lock {
  readonly asked: unknown[] = [];
}

@Injectable()
class LockGuard implements CanActivate {
  constructor(@Inject(Lock) readonly lock: Lock) {}
  canActivate(context: ExecutionContext) {
    this.lock.asked.push(context.getClass().name);
    return true;
  }
}

@UseGuards(LockGuard)
@CommandHandler(Open)
class OpenHandler {
  execute() {
    return Promise.resolve('open');
  }
}

const run = (...providers: Provider[]) => start({ imports: [CqrsModule.forRoot()], providers });

describe('Enhancers of a handler', () => {
  it.each<[string, Provider]>([
    ['a class', OpenHandler],
    ['a class under a string token', { provide: 'handler', useClass: OpenHandler }],
    ['a value under a string token', { provide: 'handler', useValue: new OpenHandler() }],
    ['a value under its class', { provide: OpenHandler, useValue: new OpenHandler() }],
    ['what a factory made', { provide: 'handler', useFactory: () => Promise.resolve(new OpenHandler()) }],
    ['a request-scoped class', { provide: OpenHandler, useClass: OpenHandler, scope: Scope.REQUEST }],
    ['a request-scoped class under a string token', { provide: 'it', useClass: OpenHandler, scope: Scope.REQUEST }],
    ['a transient class', { provide: OpenHandler, useClass: OpenHandler, scope: Scope.TRANSIENT }],
    [
      'what a request-scoped factory made',
      { provide: OpenHandler, useFactory: () => new OpenHandler(), scope: Scope.REQUEST },
    ],
  ])('run where it is %s', async (_name, provider) => {
    const { app, commands } = await run(Lock, provider);
    expect(await commands.execute(new Open())).toBe('open');
    expect(await commands.execute(new Open())).toBe('open');
    expect(app.get(Lock).asked).toEqual(['OpenHandler', 'OpenHandler']);
  });

  it('fail the start if a dependency is not provided', async () => {
    expect(
      await codesOf({ imports: [CqrsModule.forRoot()], providers: [{ provide: 'it', useValue: new OpenHandler() }] }),
    ).toEqual(['CQRS_INVALID_ENHANCER']);
  });

  it('are those of its own module, where two modules provide one class with different dependencies', async () => {
    class Doors {
      @UseGuards(LockGuard)
      @EventsHandler(Opened)
      onOpened() {}
    }
    class BackDoors extends Doors {
      @UseGuards(LockGuard)
      @EventsHandler(Opened)
      override onOpened() {}
    }
    @Module({ providers: [Lock, Doors], exports: [Lock] })
    class FrontModule {}
    @Module({ providers: [Lock, { provide: Doors, useClass: BackDoors }], exports: [Lock] })
    class BackModule {}
    const { app, events } = await start({ imports: [CqrsModule.forRoot(), FrontModule, BackModule] });
    await events.publish(new Opened());
    expect(app.select(FrontModule).get(Lock, { strict: true }).asked).toEqual(['Doors']);
    expect(app.select(BackModule).get(Lock, { strict: true }).asked).toEqual(['BackDoors']);
  });

  it('are inherited with the handler', async () => {
    class FrontDoorHandler extends OpenHandler {}
    const { app, commands } = await run(Lock, FrontDoorHandler);
    await commands.execute(new Open());
    expect(app.get(Lock).asked).toEqual(['FrontDoorHandler']);
  });

  it('lie within its middleware', async () => {
    const order: string[] = [];
    const guard: CanActivate = { canActivate: () => (order.push('guard'), true) };
    const interceptor: NestInterceptor = { intercept: (_context, next) => (order.push('interceptor'), next.handle()) };
    const pipe: PipeTransform = { transform: message => (order.push('pipe'), message as unknown) };
    @UseMiddleware((message, next) => (order.push('middleware'), next(message)))
    @UseGuards(guard)
    @UseInterceptors(interceptor)
    @UsePipes(pipe)
    @CommandHandler(Open)
    class Ordered {
      execute() {
        order.push('handler');
        return Promise.resolve('open');
      }
    }
    const { commands } = await run(Ordered);
    await commands.execute(new Open());
    expect(order).toEqual(['middleware', 'guard', 'interceptor', 'pipe', 'handler']);
  });

  it('let a spy be seen that is put on the handler later', async () => {
    const { app, commands } = await run(Lock, OpenHandler);
    await commands.execute(new Open());
    app.get(OpenHandler).execute = () => Promise.resolve('from the spy');
    expect(await commands.execute(new Open())).toBe('from the spy');
    expect(app.get(Lock).asked).toHaveLength(2);
  });

  it('can be overridden in tests', async () => {
    const module = await Test.createTestingModule({ imports: [CqrsModule.forRoot()], providers: [Lock, OpenHandler] })
      .overrideGuard(LockGuard)
      .useValue({ canActivate: () => false })
      .compile();
    await expect(module.get(CommandBus).execute(new Open())).rejects.toMatchObject({ status: 403 });
    await module.close();
  });
});

describe('Request-scoped enhancers', () => {
  @Injectable({ scope: Scope.REQUEST })
  class Session {}

  const sessions: unknown[] = [];
  const requests: unknown[] = [];

  @Injectable({ scope: Scope.REQUEST })
  class SessionGuard implements CanActivate {
    constructor(
      @Inject(Session) readonly session: Session,
      @Inject(REQUEST) readonly request: unknown,
    ) {}
    canActivate() {
      sessions.push(this.session);
      requests.push(this.request);
      return true;
    }
  }

  beforeEach(() => {
    sessions.length = 0;
    requests.length = 0;
  });

  @UseGuards(SessionGuard)
  @CommandHandler(Open)
  class SessionHandler {
    constructor(@Inject(Session) readonly session: Session) {}
    execute() {
      sessions.push(this.session);
      return Promise.resolve('open');
    }
  }

  it('share their scope with the handler', async () => {
    const { commands } = await run(Session, SessionHandler);
    const context = new AsyncContext({ user: 'ann' });
    await commands.execute(new Open(), context);
    await commands.execute(new Open());
    expect(sessions[0]).toBeInstanceOf(Session);
    expect(sessions[0]).toBe(sessions[1]);
    expect(sessions[2]).toBe(sessions[3]);
    expect(sessions[0]).not.toBe(sessions[2]);
    expect(requests).toEqual([{ user: 'ann' }, expect.any(AsyncContext)]);
  });

  it('make a handler request-scoped that injects nothing of the kind', async () => {
    @UseGuards(SessionGuard)
    @CommandHandler(Open)
    class PlainHandler {
      execute() {
        return Promise.resolve('open');
      }
    }
    const { commands } = await run(Session, PlainHandler);
    await Promise.all([commands.execute(new Open(), new AsyncContext({ user: 'ann' })), commands.execute(new Open())]);
    expect(new Set(sessions).size).toBe(2);
    expect(requests).toContainEqual({ user: 'ann' });
  });

  it('fail the start on a handler that is a value, since nothing could make them', async () => {
    class Valued {
      @UseGuards(SessionGuard)
      @CommandHandler(Open)
      open() {
        return Promise.resolve('open');
      }
    }
    expect(
      await codesOf({
        imports: [CqrsModule.forRoot()],
        providers: [Session, { provide: 'it', useValue: new Valued() }],
      }),
    ).toEqual(['CQRS_INVALID_ENHANCER']);
  });
});

describe('Global enhancers of an application', () => {
  const refuse: CanActivate = { canActivate: () => false };
  const spoil: NestInterceptor = {
    intercept: () => {
      throw new Error('spoilt');
    },
  };
  const applications: INestApplication[] = [];
  afterEach(() => Promise.all(applications.splice(0).map(app => app.close())));

  it('do not run for handlers, enhanced or not', async () => {
    class Doors {
      @CommandHandler(Open)
      open() {
        return Promise.resolve('open');
      }
    }
    for (const handler of [OpenHandler, Doors]) {
      const module = await Test.createTestingModule({
        imports: [CqrsModule.forRoot()],
        providers: [
          Lock,
          handler,
          { provide: APP_GUARD, useValue: refuse },
          { provide: APP_INTERCEPTOR, useValue: spoil },
          { provide: APP_PIPE, useValue: { transform: () => undefined } },
          { provide: APP_FILTER, useValue: { catch: () => 'filtered' } },
        ],
      }).compile();
      const app = module.createNestApplication({ logger: new RecordedLog() });
      applications.push(app);
      app.useGlobalGuards(refuse);
      app.useGlobalInterceptors(spoil);
      await app.init();
      expect(await app.get(CommandBus).execute(new Open())).toBe('open');
    }
  });
});
