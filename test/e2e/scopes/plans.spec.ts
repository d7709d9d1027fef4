import { forwardRef, Inject, Injectable, Scope, type Provider } from '@nestjs/common';
import { ContextIdFactory, ModuleRef, NestFactory, REQUEST } from '@nestjs/core';
import { REQUEST_CONTEXT_ID } from '@nestjs/core/router/request/request-constants.js';
import {
  AsyncContext,
  Command,
  CommandBus,
  CommandHandler,
  CqrsModule,
  Event,
  EventsHandler,
  MessageContext,
  type CqrsModuleOptions,
} from '../../../lib/index.js';
import { start } from '../../support/application.js';
import { soon } from '../../support/waiting.js';

class Which extends Command<object> {}
class Inner extends Command<object> {}

@Injectable({ scope: Scope.REQUEST })
class Session {}

@CommandHandler(Which)
class Unasked {
  execute() {
    return this;
  }
}

/** An application whose handler of `Which` was resolved by Nest once, and is made by a plan if there is one. */
async function run(providers: Provider[], options?: CqrsModuleOptions) {
  const started = await start({ imports: [CqrsModule.forRoot(options)], providers });
  await started.commands.execute(new Which());
  await soon();
  return started;
}

/** What a handler does at once, Nest makes it do later. */
async function isPlanned(commands: CommandBus, log: unknown[]) {
  log.length = 0;
  const dispatch = commands.execute(new Which());
  const isAtOnce = log.length > 0;
  await dispatch;
  return isAtOnce;
}

describe('An instance that Nest did not make', () => {
  it('is what Nest resolves by the identifier of the context, with all it depends on', async () => {
    @CommandHandler(Which, { scope: Scope.REQUEST })
    class Handler {
      constructor(
        readonly session: Session,
        readonly moduleRef: ModuleRef,
      ) {}
      async execute(which: Which) {
        const { id } = AsyncContext.of(which)!;
        return [
          [this, await this.moduleRef.resolve(Handler, id)],
          [this.session, await this.moduleRef.resolve(Session, id, { strict: false })],
        ];
      }
    }
    const { commands } = await run([Handler, Session]);
    for (const [injected, resolved] of (await commands.execute(new Which())) as object[][])
      expect(resolved).toBe(injected);
  });

  it('is served by REQUEST that others ask Nest for later', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class Asking {
      constructor(@Inject(REQUEST) readonly request: unknown) {}
    }
    @CommandHandler(Which, { scope: Scope.REQUEST })
    class Handler {
      constructor(readonly moduleRef: ModuleRef) {}
      async execute(which: Which) {
        const context = AsyncContext.of(which)!;
        const { request } = await this.moduleRef.resolve(Asking, context.id);
        return { request, context };
      }
    }
    const { commands } = await run([Handler, Asking]);
    const { request, context } = (await commands.execute(new Which())) as { request: object; context: AsyncContext };
    expect(request).toBe(context);
  });

  it('is shared with dispatches that use its context', async () => {
    @CommandHandler(Inner, { scope: Scope.REQUEST })
    class InnerHandler {
      constructor(readonly session: Session) {}
      async execute() {
        return this.session;
      }
    }
    @CommandHandler(Which, { scope: Scope.REQUEST })
    class Handler {
      constructor(
        readonly session: Session,
        readonly commands: CommandBus,
      ) {}
      async execute(which: Which, context: MessageContext) {
        return [
          this.session,
          await this.commands.execute(new Inner(), { context }),
          await this.commands.execute(new Inner(), { asyncContext: AsyncContext.of(which) }),
          await this.commands.execute(new Inner()),
        ];
      }
    }
    const { commands } = await run([Session, Handler, InnerHandler]);
    await commands.execute(new Inner());
    const [own, byContext, byScope, notShared] = (await commands.execute(new Which())) as object[];
    expect(byContext).toBe(own);
    expect(byScope).toBe(own);
    expect(notShared).not.toBe(own);
  });

  it('is waited for by what its constructors resolve in their own context', async () => {
    const early: Promise<object>[] = [];
    let made = 0;
    @Injectable({ scope: Scope.REQUEST })
    class Eager {
      constructor(@Inject(REQUEST) { id }: AsyncContext, moduleRef: ModuleRef) {
        early.push(moduleRef.resolve(Session, id), moduleRef.resolve(Eager, id), moduleRef.resolve(Handler, id));
      }
    }
    @CommandHandler(Which, { scope: Scope.REQUEST })
    class Handler {
      readonly number = ++made;
      constructor(
        readonly session: Session,
        readonly eager: Eager,
      ) {}
      async execute() {
        log.push(this);
        return this;
      }
    }
    const log: unknown[] = [];
    const { commands } = await run([Session, Eager, Handler]);
    await Promise.all(early.splice(0));
    const handler = (await commands.execute(new Which())) as Handler;
    expect(await Promise.all(early)).toEqual([handler.session, handler.eager, handler]);
    expect((await Promise.all(early))[2]).toBe(handler);
    expect((await Promise.all(early))[0]).toBe(handler.session);
    expect(made).toBe(2);
    expect(await isPlanned(commands, log)).toBe(true);
  });

  it('fails what waits for it when a constructor throws, and is made by Nest the next time', async () => {
    const early: Promise<unknown>[] = [];
    let fails = false;
    @Injectable({ scope: Scope.REQUEST })
    class Eager {
      constructor(@Inject(REQUEST) { id }: AsyncContext, moduleRef: ModuleRef) {
        if (fails) early.push(moduleRef.resolve(Handler, id).catch((error: unknown) => error));
      }
    }
    @CommandHandler(Which, { scope: Scope.REQUEST })
    class Handler {
      constructor(readonly eager: Eager) {
        if (fails) throw new Error('not yet');
      }
      async execute() {
        return this;
      }
    }
    const { commands } = await run([Eager, Handler]);
    const context = new AsyncContext();
    fails = true;
    await expect(commands.execute(new Which(), context)).rejects.toThrow('not yet');
    expect(await early[0]).toEqual(new Error('not yet'));
    fails = false;
    expect(await commands.execute(new Which(), context)).toBeInstanceOf(Handler);
  });

  it('has the context of its dispatch in its constructor', async () => {
    const seen: unknown[] = [];
    @CommandHandler(Which, { scope: Scope.REQUEST })
    class Handler {
      constructor(@Inject(REQUEST) readonly request: unknown) {
        seen.push([MessageContext.current().scope, request]);
      }
      async execute() {
        return this;
      }
    }
    const { commands } = await run([Handler], { propagateContext: true });
    const context = new AsyncContext();
    await commands.execute(new Which(), context);
    expect(seen.at(-1)).toEqual([context, context]);
  });

  it('keeps the initial value of a property that nothing is injected into', async () => {
    @CommandHandler(Which, { scope: Scope.REQUEST })
    class Handler {
      @Inject('nothing') readonly nothing: unknown = 'initial';
      async execute() {
        log.push(this);
        return this;
      }
    }
    const log: unknown[] = [];
    const { commands } = await run([Handler, { provide: 'nothing', useValue: null }]);
    expect(await commands.execute(new Which())).toEqual({ nothing: 'initial' });
    expect(await isPlanned(commands, log)).toBe(true);
  });

  it('can be had after the first one has failed', async () => {
    let fails = true;
    @CommandHandler(Which, { scope: Scope.REQUEST })
    class Handler {
      constructor() {
        if (fails) throw new Error('not yet');
      }
      async execute() {
        log.push(this);
        return this;
      }
    }
    const log: unknown[] = [];
    const { commands } = await start({ imports: [CqrsModule.forRoot()], providers: [Handler] });
    await expect(commands.execute(new Which())).rejects.toThrow('not yet');
    fails = false;
    await commands.execute(new Which());
    await soon();
    expect(await isPlanned(commands, log)).toBe(true);
  });

  it('gets its event before publish() returns, and fails alone if its constructor throws', async () => {
    class Happened extends Event {}
    const log: string[] = [];
    let isBroken = false;
    @EventsHandler(Happened, { scope: Scope.REQUEST })
    class Scoped {
      constructor() {
        if (isBroken) throw new Error('broken');
      }
      handle() {
        log.push('scoped');
      }
    }
    @EventsHandler(Happened)
    class Neighbour {
      handle() {
        log.push('neighbour');
      }
    }
    const { events } = await run([Scoped, Neighbour, Unasked]);
    await events.publish(new Happened());
    await soon();
    log.length = 0;
    const published = events.publish(new Happened());
    expect(log).toEqual(['scoped', 'neighbour']);
    await published;
    isBroken = true;
    const { failures, handled } = await events.publish(new Happened(), { onError: 'collect' });
    expect(failures).toMatchObject([{ handler: 'Scoped', error: { message: 'broken' } }]);
    expect(handled).toEqual(['Neighbour']);
    isBroken = false;
    expect(await events.publish(new Happened(), { onError: 'collect' })).toMatchObject({
      failures: [],
      handled: ['Scoped', 'Neighbour'],
    });
  });

  it('serves every run of a dispatch that is tried again', async () => {
    @CommandHandler(Which, { scope: Scope.REQUEST })
    class Handler {
      async execute() {
        return this;
      }
    }
    const twice = async (message: object, next: (message: object) => unknown) => [
      await next(message),
      await next(message),
    ];
    const { commands } = await run([Handler], { middleware: [twice as never] });
    const [first, second] = (await commands.execute(new Which())) as object[];
    expect(second).toBe(first);
  });
});

describe('Nest makes the instances', () => {
  const log: unknown[] = [];
  abstract class Handler {
    async execute() {
      log.push(this);
      return this;
    }
  }

  it.each<[string, (instance: object) => unknown]>([
    ['changes', instance => Reflect.set(instance, Symbol.for('changed'), true)],
    ['reads', instance => Reflect.get(instance, 'name')],
    ['asks for members of', instance => 'name' in instance],
    ['lists', instance => Object.keys(instance)],
    ['asks for the class of', instance => instance instanceof Handler],
  ])('of an application that %s them', async (_what, look) => {
    @CommandHandler(Which, { scope: Scope.REQUEST })
    class Decorated extends Handler {}
    const decorated = new WeakSet<object>();
    const instanceDecorator = (instance: unknown) => {
      if (typeof instance !== 'object' || instance === null) return instance;
      look(instance);
      decorated.add(instance);
      return instance;
    };
    const root = { module: class Root {}, imports: [CqrsModule.forRoot()], providers: [Decorated] };
    const app = await NestFactory.createApplicationContext(root, { logger: false, instrument: { instanceDecorator } });
    const commands = app.get(CommandBus);
    for (let i = 0; i < 3; i++) {
      expect(decorated.has((await commands.execute(new Which())) as object)).toBe(true);
      await soon();
    }
    await app.close();
  });

  it('that depend on each other', async () => {
    @CommandHandler(Which, { scope: Scope.REQUEST })
    class Circular extends Handler {
      constructor(@Inject(forwardRef(() => Other)) readonly other: { circular: unknown }) {
        super();
      }
    }
    @Injectable({ scope: Scope.REQUEST })
    class Other {
      constructor(@Inject(forwardRef(() => Circular)) readonly circular: unknown) {}
    }
    const { commands } = await run([Circular, Other]);
    const handler = (await commands.execute(new Which())) as Circular;
    expect(handler.other.circular).toBe(handler);
    expect(await isPlanned(commands, log)).toBe(false);
  });

  it('of a handler that has been resolved before in the context', async () => {
    @CommandHandler(Which, { scope: Scope.REQUEST })
    class Resolved extends Handler {}
    const { commands, app } = await run([Resolved]);
    const context = new AsyncContext();
    const resolved = await app.get(ModuleRef).resolve(Resolved, context.id, { strict: false });
    expect(await commands.execute(new Which(), context)).toBe(resolved);
  });

  it('in a context that Nest serves already, as that of an HTTP request', async () => {
    @CommandHandler(Which, { scope: Scope.REQUEST })
    class Served extends Handler {
      constructor(readonly session: Session) {
        super();
      }
    }
    const { commands, app } = await run([Served, Session]);
    const id = ContextIdFactory.create();
    const request = { [REQUEST_CONTEXT_ID]: id };
    const session = await app.get(ModuleRef).resolve(Session, id, { strict: false });
    const handler = (await commands.execute(new Which(), new AsyncContext(request))) as Served;
    expect(handler.session).toBe(session);
  });

  it('where a context strategy says which of them are shared, if it is applied later too', async () => {
    @CommandHandler(Which, { scope: Scope.REQUEST, durable: true })
    class Durable extends Handler {}
    const { commands } = await run([Durable]);
    expect(await isPlanned(commands, log)).toBe(true);
    const shared = ContextIdFactory.create();
    ContextIdFactory.apply({ attach: id => info => (info.isTreeDurable ? shared : id) });
    try {
      expect(await commands.execute(new Which())).toBe(await commands.execute(new Which()));
      expect(await isPlanned(commands, log)).toBe(false);
    } finally {
      ContextIdFactory.apply(undefined as never);
    }
  });

  it('not of transient providers, one for each that injects them', async () => {
    @Injectable({ scope: Scope.TRANSIENT })
    class Log {}
    @Injectable({ scope: Scope.REQUEST })
    class Logging {
      constructor(readonly log: Log) {}
    }
    @CommandHandler(Which, { scope: Scope.REQUEST })
    class Both extends Handler {
      constructor(
        readonly log: Log,
        readonly logging: Logging,
      ) {
        super();
      }
    }
    const { commands } = await run([Log, Logging, Both]);
    const handler = (await commands.execute(new Which())) as Both;
    expect(handler.log).toBeInstanceOf(Log);
    expect(handler.log).not.toBe(handler.logging.log);
    expect(await isPlanned(commands, log)).toBe(true);
  });

  it('not of transient handlers, one for each dispatch', async () => {
    @CommandHandler(Which, { scope: Scope.TRANSIENT })
    class Transient extends Handler {
      constructor(readonly session: Session) {
        super();
      }
    }
    const { commands, app } = await run([Transient, Session]);
    expect(await isPlanned(commands, log)).toBe(true);
    const context = new AsyncContext();
    const [first, second] = [await commands.execute(new Which(), context), await commands.execute(new Which())];
    expect(second).not.toBe(first);
    expect(await commands.execute(new Which(), context)).toBe(first);
    expect(await app.get(ModuleRef).resolve(Transient, context.id, { strict: false })).toBe(first);
  });
});
