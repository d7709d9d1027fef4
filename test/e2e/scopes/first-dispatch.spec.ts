import { AsyncLocalStorage } from 'node:async_hooks';
import { Inject, Injectable, Scope, type Provider } from '@nestjs/common';
import { ContextIdFactory, INQUIRER, LazyModuleLoader, ModuleRef, REQUEST } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import {
  AsyncContext,
  Command,
  CommandBus,
  CommandHandler,
  CqrsModule,
  Event,
  EventBus,
  EventsHandler,
  MessageContext,
  type CqrsModuleOptions,
} from '../../../lib/index.js';
import { start } from '../../support/application.js';
import { soon } from '../../support/waiting.js';

/** What happens in one dispatch, in order. */
const log: unknown[] = [];

class Act extends Command<unknown> {}
class Happened extends Event {}

/** What each of the first three dispatches of an application does. */
async function dispatches(providers: Provider[], act: (commands: CommandBus) => unknown, options?: CqrsModuleOptions) {
  const { commands } = await start({ imports: [CqrsModule.forRoot(options)], providers });
  return thrice(() => act(commands));
}

async function thrice(act: () => unknown): Promise<unknown[][]> {
  const seen: unknown[][] = [];
  for (let i = 0; i < 3; i++) {
    log.length = 0;
    await act();
    await soon();
    seen.push([...log]);
  }
  return seen;
}

/** The same three times. */
const each = (one: unknown[]) => [one, one, one];

const dispatch = async (commands: CommandBus) => {
  const answer = commands.execute(new Act(), new AsyncContext());
  log.push('returned');
  log.push(await answer.catch((error: Error) => error.message));
};

@Injectable({ scope: Scope.REQUEST })
class Session {
  constructor() {
    log.push('session made');
  }
}

describe('The first dispatch to a request-scoped handler does what the second does', () => {
  it('in the same order: instances are made and the handler is called before execute() returns', async () => {
    @CommandHandler(Act, { scope: Scope.REQUEST })
    class Handler {
      constructor(readonly session: Session) {
        log.push('handler made');
      }
      async execute() {
        log.push('called');
        return 'done';
      }
    }
    const expected = ['session made', 'handler made', 'called', 'returned', 'done'];
    expect(await dispatches([Session, Handler], dispatch)).toEqual(each(expected));
  });

  it('in a later order, equal for all, where Nest makes the instances', async () => {
    @CommandHandler(Act, { scope: Scope.REQUEST })
    class Handler {
      constructor(readonly session: Session) {
        log.push('handler made');
      }
      async execute() {
        log.push('called');
        return 'done';
      }
    }
    const expected = ['returned', 'session made', 'handler made', 'called', 'done'];
    expect(await dispatches([Session, Handler], dispatch, { instancePlans: false })).toEqual(each(expected));
  });

  it('for events: beside a singleton handler, and for events published one after the other', async () => {
    @EventsHandler(Happened, { scope: Scope.REQUEST })
    class Scoped {
      constructor(readonly session: Session) {}
      handle() {
        log.push('scoped');
      }
    }
    @EventsHandler(Happened)
    class Singleton {
      handle() {
        log.push('singleton');
      }
    }
    const { events } = await start({ imports: [CqrsModule.forRoot()], providers: [Session, Scoped, Singleton] });
    const seen = await thrice(async () => {
      const published = [events.publish(new Happened()), events.publish(new Happened())];
      log.push('returned');
      await Promise.all(published);
    });
    const once = ['session made', 'scoped', 'singleton'];
    expect(seen).toEqual(each([...once, ...once, 'returned']));
  });

  it('with what REQUEST injects, and the context of the dispatch, in constructors', async () => {
    @CommandHandler(Act, { scope: Scope.REQUEST })
    class Handler {
      constructor(@Inject(REQUEST) readonly request: unknown) {
        log.push(request, MessageContext.current().scope === request);
      }
      async execute(_: Act, context: MessageContext) {
        return context.scope === this.request;
      }
    }
    const request = new AsyncContext();
    const act = async (commands: CommandBus) => {
      const context = new AsyncContext();
      const answer = await commands.execute(new Act(), context);
      log[0] = log[0] === context;
      log.push(answer);
    };
    expect(await dispatches([Handler], act, { propagateContext: true })).toEqual(each([true, true, true]));
    const given = (commands: CommandBus) => commands.execute(new Act(), request);
    expect((await dispatches([Handler], given, { propagateContext: true }))[0]).toEqual([request, true]);
  });

  it('with the AsyncLocalStorage of the caller, in constructors and handlers', async () => {
    const storage = new AsyncLocalStorage<number>();
    let runs = 0;
    @Injectable({ scope: Scope.REQUEST })
    class Injected {
      constructor() {
        log.push(storage.getStore() === runs);
      }
    }
    @CommandHandler(Act, { scope: Scope.REQUEST })
    class Handler {
      constructor(readonly injected: Injected) {
        log.push(storage.getStore() === runs);
      }
      async execute() {
        log.push(storage.getStore() === runs);
      }
    }
    const act = (commands: CommandBus) => storage.run(++runs, () => commands.execute(new Act()));
    expect(await dispatches([Injected, Handler], act)).toEqual(each([true, true, true]));
  });

  it('when a constructor throws: with the error itself, and without the constructors that follow', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class Broken {
      constructor() {
        throw new Error('broken');
      }
    }
    @CommandHandler(Act, { scope: Scope.REQUEST })
    class Handler {
      constructor(
        readonly broken: Broken,
        readonly session: Session,
      ) {}
      async execute() {
        log.push('called');
      }
    }
    expect(await dispatches([Broken, Session, Handler], dispatch)).toEqual(each(['returned', 'broken']));
  });

  it('with properties: injected after the constructor, inherited ones too', async () => {
    abstract class Parent {
      @Inject(Session) readonly session: unknown;
    }
    @CommandHandler(Act, { scope: Scope.REQUEST })
    class Handler extends Parent {
      @Inject(REQUEST) readonly request: unknown;
      constructor() {
        super();
        log.push([this.session, this.request]);
      }
      async execute() {
        return [this.session instanceof Session, this.request instanceof AsyncContext];
      }
    }
    const expected = ['session made', [undefined, undefined], 'returned', [true, true]];
    expect(await dispatches([Session, Handler], dispatch)).toEqual(each(expected));
  });

  it('without life cycle hooks, which Nest does not call on request-scoped instances', async () => {
    @CommandHandler(Act, { scope: Scope.REQUEST })
    class Handler {
      onModuleInit() {
        log.push('hook');
      }
      async execute() {
        return 'done';
      }
    }
    expect(await dispatches([Handler], dispatch)).toEqual(each(['returned', 'done']));
  });

  it('with transient and durable providers, for a transient handler too', async () => {
    @Injectable({ scope: Scope.TRANSIENT })
    class Transient {
      constructor(@Inject(REQUEST) readonly request: unknown) {
        log.push('transient made');
      }
    }
    @Injectable({ scope: Scope.REQUEST, durable: true })
    class Durable {
      constructor(readonly transient: Transient) {
        log.push('durable made');
      }
    }
    for (const scope of [Scope.REQUEST, Scope.TRANSIENT]) {
      @CommandHandler(Act, { scope })
      class Handler {
        constructor(
          readonly transient: Transient,
          readonly durable: Durable,
        ) {}
        async execute() {
          return [this.transient !== this.durable.transient, this.transient.request === this.durable.transient.request];
        }
      }
      const [first, second, third] = await dispatches([Transient, Durable, Handler], dispatch);
      expect(first).toEqual(expect.arrayContaining(['transient made', 'durable made', 'returned']));
      expect(second).toEqual(first);
      expect(third).toEqual(first);
    }
  });

  it('with INQUIRER and factories, which Nest makes each time', async () => {
    @Injectable({ scope: Scope.TRANSIENT })
    class Named {
      constructor(@Inject(INQUIRER) readonly parent: object) {}
    }
    @CommandHandler(Act, { scope: Scope.REQUEST })
    class Handler {
      constructor(
        readonly named: Named,
        @Inject('made') readonly made: string,
      ) {}
      async execute() {
        log.push('called');
        return [this.named.parent.constructor.name, this.made];
      }
    }
    const factory = { provide: 'made', scope: Scope.REQUEST, useFactory: async () => 'by a factory' };
    const expected = ['returned', 'called', ['Handler', 'by a factory']];
    expect(await dispatches([Named, factory, Handler], dispatch)).toEqual(each(expected));
  });

  it('with providers that a test has overridden', async () => {
    @CommandHandler(Act, { scope: Scope.REQUEST })
    class Handler {
      constructor(
        readonly session: Session,
        @Inject('value') readonly value: string,
      ) {}
      async execute() {
        return [this.session.constructor.name, this.value];
      }
    }
    @Injectable({ scope: Scope.REQUEST })
    class FakeSession {
      constructor() {
        log.push('fake made');
      }
    }
    const metadata = {
      imports: [CqrsModule.forRoot()],
      providers: [Session, Handler, { provide: 'value', useValue: 1 }],
    };
    for (const [override, name, made] of [
      [(test: Overriding) => test.useClass(FakeSession), 'FakeSession', ['fake made']],
      [(test: Overriding) => test.useValue({}), 'Object', []],
    ] as const) {
      const testing = Test.createTestingModule(metadata).overrideProvider('value').useValue('overridden');
      const app = await override(testing.overrideProvider(Session)).compile();
      await app.init();
      const commands = app.get(CommandBus);
      expect(await thrice(() => dispatch(commands))).toEqual(each([...made, 'returned', [name, 'overridden']]));
      await app.close();
    }
  });

  it('with instances that moduleRef.resolve finds by the identifier of the context', async () => {
    @CommandHandler(Act, { scope: Scope.REQUEST })
    class Handler {
      constructor(
        readonly session: Session,
        readonly moduleRef: ModuleRef,
      ) {}
      async execute(act: Act) {
        const { id } = AsyncContext.of(act)!;
        return [
          (await this.moduleRef.resolve(Handler, id)) === this,
          (await this.moduleRef.resolve(Session, id)) === this.session,
        ];
      }
    }
    expect(await dispatches([Session, Handler], dispatch)).toEqual(each(['session made', 'returned', [true, true]]));
  });

  it('with several at once: each dispatch has instances of its own', async () => {
    @CommandHandler(Act, { scope: Scope.REQUEST })
    class Handler {
      constructor(readonly session: Session) {}
      async execute() {
        return this.session;
      }
    }
    const act = async (commands: CommandBus) => {
      const sessions = await Promise.all([1, 2, 3].map(() => commands.execute(new Act())));
      log.push(new Set(sessions).size);
    };
    const made = Array.from({ length: 3 }, () => 'session made');
    expect(await dispatches([Session, Handler], act)).toEqual(each([...made, 3]));
  });

  it('in a module that is loaded lazily', async () => {
    @CommandHandler(Act, { scope: Scope.REQUEST })
    class Handler {
      constructor(readonly session: Session) {}
      async execute() {
        return 'done';
      }
    }
    const { app, commands } = await start({ imports: [CqrsModule.forRoot()] });
    await app.get(LazyModuleLoader).load(() => ({ module: class Lazy {}, providers: [Session, Handler] }));
    expect(await thrice(() => dispatch(commands))).toEqual(each(['session made', 'returned', 'done']));
  });

  it('and one that is resolved by hand before', async () => {
    @CommandHandler(Act, { scope: Scope.REQUEST })
    class Handler {
      constructor(readonly session: Session) {}
      async execute() {
        return 'done';
      }
    }
    const { app, commands } = await start({ imports: [CqrsModule.forRoot()], providers: [Session, Handler] });
    await app.get(ModuleRef).resolve(Handler, ContextIdFactory.create(), { strict: false });
    expect(await thrice(() => dispatch(commands))).toEqual(each(['session made', 'returned', 'done']));
  });

  it('for an event that is published while the application starts', async () => {
    @EventsHandler(Happened, { scope: Scope.REQUEST })
    class Scoped {
      constructor(
        readonly session: Session,
        @Inject('singleton') readonly singleton: string,
      ) {}
      handle() {
        log.push(this.singleton);
      }
    }
    @Injectable()
    class Early {
      constructor(private readonly events: EventBus) {}
      async onModuleInit() {
        await this.events.publish(new Happened());
      }
    }
    log.length = 0;
    const singleton = { provide: 'singleton', useFactory: () => soon().then(() => 'ready') };
    const providers = [Session, Scoped, Early, singleton];
    const { events } = await start({ imports: [CqrsModule.forRoot()], providers });
    expect(log).toEqual(['session made', 'ready']);
    expect(await thrice(() => events.publish(new Happened()))).toEqual(each(['session made', 'ready']));
  });
});

type Overriding = ReturnType<ReturnType<typeof Test.createTestingModule>['overrideProvider']>;
