import { Controller, Inject, Injectable, Post, Scope, type Type } from '@nestjs/common';
import {
  type ContextId,
  ContextIdFactory,
  type ContextIdStrategy,
  createContextId,
  type HostComponentInfo,
  REQUEST,
} from '@nestjs/core';
import { Test } from '@nestjs/testing';
import {
  AsyncContext,
  Command,
  CommandBus,
  CommandHandler,
  CqrsModule,
  type CqrsMiddleware,
  Event,
  EventsHandler,
  type MessageContext,
  type Next,
  Query,
  QueryHandler,
} from 'nestjs-cqrs';
import request from 'supertest';
import { start } from '../../support/application.js';

class Rename extends Command<string> {
  constructor(readonly name: string) {
    super();
  }
}
class Renamed extends Event {}
class WhoAmI extends Query<unknown> {}

const log: unknown[] = [];
beforeEach(() => void log.splice(0));

// #region handler
@CommandHandler(Rename, { scope: Scope.REQUEST })
class RenameHandler {
  constructor(@Inject(REQUEST) private readonly request: { user: string }) {}

  async execute({ name }: Rename) {
    return `${this.request.user} is now ${name}`;
  }
}
// #endregion

@EventsHandler(Renamed, { scope: Scope.REQUEST })
class RenamedHandler {
  constructor(@Inject(REQUEST) private readonly request: unknown) {}
  handle() {
    log.push(this.request);
  }
}

@QueryHandler(WhoAmI, { scope: Scope.REQUEST })
class WhoAmIHandler {
  constructor(@Inject(REQUEST) private readonly request: unknown) {}
  async execute() {
    return this.request;
  }
}

/** Counts its instances. */
@Injectable({ scope: Scope.REQUEST })
class Session {
  static instances = 0;
  readonly number = ++Session.instances;
}

class Number extends Query<number> {}
@QueryHandler(Number)
class NumberHandler {
  constructor(private readonly session: Session) {}
  async execute() {
    return this.session.number;
  }
}

const run = (options = {}) =>
  start({
    imports: [CqrsModule.forRoot(options)],
    providers: [RenameHandler, RenamedHandler, WhoAmIHandler, Session, NumberHandler],
  });

describe('docs/scopes.md: request scope', () => {
  it('an AsyncContext says what REQUEST injects, on all three buses', async () => {
    const { commands, queries, events } = await run();
    // #region context
    const context = new AsyncContext({ user: 'ada' });
    const answer = await commands.execute(new Rename('Ada Lovelace'), context);
    // #endregion
    expect(answer).toBe('ada is now Ada Lovelace');
    expect(await queries.ask(new WhoAmI(), context)).toEqual({ user: 'ada' });
    await events.publish(new Renamed(), context);
    await events.publish(new Renamed(), { asyncContext: context });
    await events.publish(new Renamed(), undefined, context);
    expect(log).toEqual([{ user: 'ada' }, { user: 'ada' }, { user: 'ada' }]);
  });

  it('dispatches of one AsyncContext share instances; without one, each dispatch has its own', async () => {
    const { queries } = await run();
    const context = new AsyncContext();
    const [one, again] = [await queries.ask(new Number(), context), await queries.ask(new Number(), context)];
    expect(again).toBe(one);
    expect(await queries.ask(new Number())).not.toBe(await queries.ask(new Number()));
  });

  it('without one, each handler of an event has instances of its own too', async () => {
    @EventsHandler(Renamed)
    class First {
      constructor(private readonly session: Session) {}
      handle() {
        log.push(this.session);
      }
    }
    @EventsHandler(Renamed)
    class Second {
      constructor(private readonly session: Session) {}
      handle() {
        log.push(this.session);
      }
    }
    const { events } = await start({ imports: [CqrsModule.forRoot()], providers: [Session, First, Second] });
    await events.publish(new Renamed());
    expect(log).toHaveLength(2);
    expect(log[0]).not.toBe(log[1]);
    await events.publish(new Renamed(), new AsyncContext());
    expect(log[2]).toBe(log[3]);
  });

  it('without a request, REQUEST is the AsyncContext itself; a subclass carries what handlers need', async () => {
    const { queries } = await run();
    // #region subclass
    class TenantContext extends AsyncContext {
      constructor(readonly tenant: string) {
        super();
      }
    }
    // #endregion
    const context = new TenantContext('t1');
    expect(await queries.ask(new WhoAmI(), context)).toBe(context);
    expect(await queries.ask(new WhoAmI())).toBeInstanceOf(AsyncContext);
  });

  it('one message, frozen or not, is sent in any number of contexts', async () => {
    const { commands } = await run();
    const message = Object.freeze(new Rename('X'));
    const answers = await Promise.all(
      ['ada', 'bob'].map(user => commands.execute(message, new AsyncContext({ user }))),
    );
    expect(answers).toEqual(['ada is now X', 'bob is now X']);
    expect(Reflect.ownKeys(message)).toEqual(['name']);
  });

  it('a singleton handler finds the context as context.scope', async () => {
    const { commands } = await run();
    commands.register(Renamed, (_message, context) => void log.push(context.scope));
    const asyncContext = new AsyncContext();
    await commands.dispatch(new Renamed(), asyncContext);
    await commands.dispatch(new Renamed());
    expect(log).toEqual([asyncContext, undefined]);
  });

  it('a dispatch of a handler shares its instances if it passes on the context, or with propagateContext', async () => {
    class Outer extends Command<[number, number, number]> {}
    @CommandHandler(Outer)
    class OuterHandler {
      constructor(
        private readonly session: Session,
        private readonly commands: CommandBus,
      ) {}

      async execute(_command: Outer, context: MessageContext) {
        // #region nested
        const shared = await this.commands.execute(new Inner(), { context });
        const notShared = await this.commands.execute(new Inner());
        // #endregion
        return [this.session.number, shared, notShared] as [number, number, number];
      }
    }
    class Inner extends Command<number> {}
    @CommandHandler(Inner)
    class InnerHandler {
      constructor(private readonly session: Session) {}
      async execute() {
        return this.session.number;
      }
    }
    const providers = [Session, OuterHandler, InnerHandler];
    const explicit = await start({ imports: [CqrsModule.forRoot()], providers });
    const [own, shared, notShared] = await explicit.commands.execute(new Outer());
    expect(shared).toBe(own);
    expect(notShared).not.toBe(own);

    const propagating = await start({ imports: [CqrsModule.forRoot({ propagateContext: true })], providers });
    expect(new Set(await propagating.commands.execute(new Outer())).size).toBe(1);
  });

  it('middleware may be request-scoped, and shares the instances of the dispatch', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class SessionMiddleware implements CqrsMiddleware {
      constructor(private readonly session: Session) {}
      async intercept(message: object, next: Next) {
        log.push(this.session.number);
        return next(message);
      }
    }
    const { queries } = await start({
      imports: [CqrsModule.forRoot({ queries: { middleware: [SessionMiddleware] } })],
      providers: [Session, SessionMiddleware, NumberHandler],
    });
    const number = await queries.ask(new Number());
    expect(log).toEqual([number]);
  });
});

describe('docs/scopes.md: HTTP', () => {
  // #region http
  @Controller('names')
  class NamesController {
    constructor(
      private readonly commands: CommandBus,
      private readonly session: Session,
      @Inject(REQUEST) private readonly request: object,
    ) {}

    @Post()
    async rename() {
      const inHandler = await this.commands.execute(new SessionNumber(), new AsyncContext(this.request));
      return { inController: this.session.number, inHandler };
    }
  }
  // #endregion
  class SessionNumber extends Command<number> {}
  @CommandHandler(SessionNumber)
  class SessionNumberHandler {
    constructor(private readonly session: Session) {}
    async execute() {
      return this.session.number;
    }
  }

  it('an AsyncContext of a request that Nest serves request-scoped shares the instances of the controller', async () => {
    const moduleRef = await Test.createTestingModule({
      imports: [CqrsModule.forRoot()],
      controllers: [NamesController],
      providers: [Session, SessionNumberHandler],
    }).compile();
    const app = moduleRef.createNestApplication();
    await app.init();
    const { body: first } = await request(app.getHttpServer()).post('/names');
    const { body: second } = await request(app.getHttpServer()).post('/names');
    await app.close();
    expect(first.inHandler).toBe(first.inController);
    expect(second.inHandler).toBe(second.inController);
    expect(second.inController).not.toBe(first.inController);
  });
});

describe('docs/scopes.md: transient and durable providers', () => {
  it('a transient handler is a new instance for each dispatch without a context', async () => {
    class Which extends Query<object> {}
    @QueryHandler(Which, { scope: Scope.TRANSIENT })
    class WhichHandler {
      async execute() {
        return this;
      }
    }
    const { queries } = await start({ imports: [CqrsModule.forRoot()], providers: [WhichHandler] });
    expect(await queries.ask(new Which())).not.toBe(await queries.ask(new Which()));
    const context = new AsyncContext();
    expect(await queries.ask(new Which(), context)).toBe(await queries.ask(new Which(), context));
  });

  // #region strategy
  class TenantStrategy implements ContextIdStrategy<{ tenant: string }> {
    private readonly tenants = new Map<string, ContextId>();

    attach(contextId: ContextId, { tenant }: { tenant: string }) {
      const ofTenant = this.tenants.get(tenant) ?? createContextId();
      this.tenants.set(tenant, ofTenant);
      return {
        resolve: ({ isTreeDurable }: HostComponentInfo) => (isTreeDurable ? ofTenant : contextId),
        payload: { tenant },
      };
    }
  }
  // #endregion

  // #region durable
  @Injectable({ scope: Scope.REQUEST, durable: true })
  class TenantDatabase {
    static connections = 0;
    readonly connection = ++TenantDatabase.connections;
    constructor(@Inject(REQUEST) readonly request: { tenant: string }) {}
  }

  class Connection extends Query<string> {}

  @QueryHandler(Connection, { scope: Scope.REQUEST, durable: true })
  class ConnectionHandler {
    constructor(private readonly database: TenantDatabase) {}

    async execute() {
      return `${this.database.request.tenant} ${this.database.connection}`;
    }
  }
  // #endregion

  const { strategy } = ContextIdFactory as unknown as { strategy: unknown };
  afterEach(() => Object.assign(ContextIdFactory as unknown as Type, { strategy }));

  it('durable instances are shared by the dispatches of a tenant, as the strategy of the application says', async () => {
    // #region apply
    ContextIdFactory.apply(new TenantStrategy());
    // #endregion
    const { queries } = await start({
      imports: [CqrsModule.forRoot()],
      providers: [TenantDatabase, ConnectionHandler],
    });
    const ask = (tenant: string) => queries.ask(new Connection(), new AsyncContext({ tenant }));
    expect(await Promise.all(['t1', 't2', 't1'].map(ask))).toEqual(['t1 1', 't2 2', 't1 1']);
  });
});
