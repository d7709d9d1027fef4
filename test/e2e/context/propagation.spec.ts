import { setTimeout as delay } from 'node:timers/promises';
import { Readable } from 'node:stream';
import {
  Injectable,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { defer, of, tap } from 'rxjs';
import {
  CommandBus,
  CommandHandler,
  CqrsModule,
  CqrsWiringException,
  DispatchTimeoutException,
  EventBus,
  EventsHandler,
  Message,
  MessageCatalog,
  MessageContext,
  NoContextException,
  QueryBus,
  QueryHandler,
  QuerySideEffectException,
  Saga,
  StreamQuery,
  Timeout,
  type CqrsModuleOptions,
} from '../../../lib/index.js';
import { testApp, track } from '../../../lib/testing/index.js';
import { busesOf } from '../../support/application.js';
import { quietLog } from '../../support/quiet-log.js';

interface Seen {
  readonly where: string;
  readonly context: MessageContext | undefined;
}

const start = async (options: CqrsModuleOptions, ...providers: (new (...args: never[]) => object)[]) =>
  busesOf(await testApp({ imports: [CqrsModule.forRoot(options)], providers }));

describe('With propagateContext', () => {
  class Order {}
  class Charge {}
  class Charged {}
  class Ship {}

  const seen: Seen[] = [];
  const note = (where: string) => void seen.push({ where, context: MessageContext.find() });
  const of = (where: string) => seen.find(entry => entry.where === where)!.context!;

  @Injectable()
  class NotingInterceptor implements NestInterceptor {
    intercept(_context: ExecutionContext, next: CallHandler) {
      note('interceptor before');
      return next.handle().pipe(tap(() => note('interceptor after')));
    }
  }

  @Injectable()
  class Shop {
    constructor(
      private readonly commands: CommandBus,
      private readonly events: EventBus,
    ) {}

    @CommandHandler(Order)
    async order(_command: Order) {
      note('order');
      await delay(1);
      note('order after await');
      await new Promise<void>(resolve => setImmediate(() => (note('order in a timer'), resolve())));
      for await (const chunk of Readable.from(['a'])) note(`order in a stream ${chunk as string}`);
      await this.commands.dispatch(new Charge());
      note('order after a nested command');
    }

    @CommandHandler(Charge)
    @UseInterceptors(NotingInterceptor)
    async charge() {
      await delay(1);
      note('charge');
      await this.events.publish(new Charged());
    }

    @EventsHandler(Charged)
    async onCharged() {
      await delay(1);
      note('charged');
    }

    @Saga(Charged)
    ship() {
      note('saga');
      return new Ship();
    }

    @CommandHandler(Ship)
    shipped() {
      note('ship');
    }
  }

  beforeEach(() => void (seen.length = 0));

  it('current() is the context of the dispatch over await, timers, streams, interceptors, events and sagas', async () => {
    const { app } = await start({ propagateContext: true }, Shop, NotingInterceptor);
    await track(app).dispatch(new Order(), { correlationId: 'c1' });
    await app.close();
    for (const where of [
      'order after await',
      'order in a timer',
      'order in a stream a',
      'order after a nested command',
    ])
      expect([where, of(where)]).toEqual([where, of('order')]);
    expect(of('interceptor before')).toBe(of('charge'));
    expect(of('interceptor after')).toBe(of('charge'));
    expect(seen.map(({ context }) => context?.correlationId)).toEqual(seen.map(() => 'c1'));
    expect(of('charge').causationId).toBe(of('order').messageId);
    expect(of('charged').causationId).toBe(of('charge').messageId);
    expect(of('ship').causationId).toBe(of('charged').messageId);
    expect(MessageContext.find()).toBeUndefined();
  });

  it('two dispatches at once never meet', async () => {
    const { app, commands } = await start({ propagateContext: true }, Shop, NotingInterceptor);
    await Promise.all([
      commands.dispatch(new Order(), { correlationId: 'c1' }),
      commands.dispatch(new Order(), { correlationId: 'c2' }),
    ]);
    await app.close();
    const order = seen.filter(({ where }) => where === 'order after a nested command');
    expect(order.map(({ context }) => context!.correlationId).toSorted()).toEqual(['c1', 'c2']);
  });
});

describe('With propagateContext, the rows of a stream query', () => {
  class Rows extends StreamQuery<string> {
    constructor(readonly how: 'async' | 'sync' | 'observable') {
      super();
    }
  }
  class Around {}
  const current = (): string => MessageContext.current().type.name;

  @Injectable()
  class Streams {
    static ended: string[] = [];
    constructor(private readonly queries: QueryBus) {}
    @QueryHandler(Rows)
    rows({ how }: Rows) {
      if (how === 'sync') return this.sync();
      return how === 'async' ? this.async() : defer(() => of(current()));
    }
    async *async() {
      try {
        yield current();
        await delay(1);
        yield current();
        yield 'never read';
      } finally {
        Streams.ended.push(current());
      }
    }
    *sync() {
      yield current();
      yield current();
    }
    @CommandHandler(Around)
    async around() {
      const seen: string[] = [];
      for (const how of ['async', 'sync', 'observable'] as const)
        for await (const row of this.queries.stream(new Rows(how))) {
          if (row === 'never read') break;
          seen.push(row, current());
        }
      return seen;
    }
  }

  it('are made in the context of the query, and read in that of the reader', async () => {
    const { app, commands } = await start({ propagateContext: true }, Streams);
    const seen = await commands.execute<Around, string[]>(new Around());
    expect(seen).toEqual(Array.from({ length: 5 }, () => ['Rows', 'Around']).flat());
    expect(Streams.ended).toEqual(['Rows']);
    await app.close();
  });
});

describe('Without propagateContext', () => {
  class Ask {}
  @Injectable()
  class Asked {
    @QueryHandler(Ask)
    async ask() {
      await delay(1);
      return MessageContext.current();
    }
  }

  it('current() says that contexts are not propagated', async () => {
    const { app, queries } = await start({}, Asked);
    await expect(queries.execute(new Ask())).rejects.toThrow(NoContextException);
    await expect(queries.execute(new Ask())).rejects.toThrow(/propagateContext: true/);
    await app.close();
  });
});

describe('With strict', () => {
  class Read {
    constructor(readonly how: 'dispatch' | 'execute' | 'publish' | 'ask' | 'context') {}
  }
  class Other {}
  class Write {}
  class Happened {}
  class WriteQuietly {}

  @Injectable()
  class Strict {
    static ran: string[] = [];
    constructor(
      private readonly commands: CommandBus,
      private readonly queries: QueryBus,
      private readonly events: EventBus,
    ) {}
    @QueryHandler(Read)
    async read({ how }: Read, context: MessageContext) {
      await delay(1);
      if (how === 'dispatch') await this.commands.dispatch(new Write());
      if (how === 'execute') await this.commands.execute(new Write());
      if (how === 'context') await this.commands.execute(new Write(), { context });
      if (how === 'publish') await this.events.publish(new Happened(), { onError: 'throw' });
      return how === 'ask' ? this.queries.execute(new Other()) : 'nothing';
    }
    @QueryHandler(Other)
    other() {
      return 'other';
    }
    @CommandHandler(Write)
    write() {
      Strict.ran.push('write');
      return 'result';
    }
    @CommandHandler(WriteQuietly)
    writeQuietly() {
      return undefined;
    }
    @EventsHandler(Happened)
    happened() {
      Strict.ran.push('happened');
    }
  }

  beforeEach(() => void (Strict.ran = []));

  it.each([
    ['dispatch', 'command "Write"'],
    ['execute', 'command "Write"'],
    ['context', 'command "Write"'],
    ['publish', 'event "Happened"'],
  ] as const)('a query handler that says %s is reported by name, and nothing happens', async (how, what) => {
    quietLog();
    const { app, queries } = await start({ strict: true }, Strict);
    const asked = queries.execute(new Read(how));
    await expect(asked).rejects.toThrow(QuerySideEffectException);
    await expect(asked).rejects.toThrow(`The query "Read" sent the ${what}`);
    await expect(asked).rejects.toThrow('Where: Strict.read');
    expect(Strict.ran).toEqual([]);
    await app.close();
  });

  it('a query handler may ask another query', async () => {
    const { app, queries } = await start({ strict: true }, Strict);
    expect(await queries.execute(new Read('ask'))).toBe('other');
    await app.close();
  });

  it('without it nothing is refused', async () => {
    const { app, queries } = await start({ propagateContext: true }, Strict);
    await queries.execute(new Read('dispatch'));
    expect(Strict.ran).toEqual(['write']);
    await app.close();
  });

  it('a result that dispatch drops is warned about once, and execute drops none', async () => {
    const { warn } = quietLog();
    const { app, commands } = await start({ strict: true }, Strict);
    await commands.execute(new Write());
    await commands.dispatch(new WriteQuietly());
    expect(warn).not.toHaveBeenCalled();
    expect(await commands.dispatch(new Write())).toBeUndefined();
    await commands.dispatch(new Write());
    expect(warn.mock.calls).toEqual([[expect.stringContaining('"Write" returned a result that dispatch() drops')]]);
    await app.close();
  });

  it('a logger that throws does not make dispatch fail', async () => {
    quietLog().warn.mockImplementation(() => {
      throw new Error('no disk');
    });
    const { app, commands } = await start({ strict: true }, Strict);
    await expect(commands.dispatch(new Write())).resolves.toBeUndefined();
    await app.close();
  });
});

describe('The timeout option of the module', () => {
  class Slow {}
  class Fast {}
  @Timeout(5)
  class Limited extends Slow {}

  @Injectable()
  class Slowly {
    @CommandHandler(Slow)
    slow(_command: Slow, { signal }: MessageContext) {
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
    }
    @QueryHandler(Fast)
    fast(_query: Fast, context: MessageContext) {
      return context.remaining;
    }
  }

  it('limits every dispatch, and that of a bus goes before it', async () => {
    const { app, commands, queries } = await start({ timeout: 20, queries: { timeout: 60_000 } }, Slowly);
    const failed = commands.dispatch(new Slow());
    await expect(failed).rejects.toThrow(DispatchTimeoutException);
    await expect(failed).rejects.toThrow('the 20 ms of the timeout option of CqrsModule.forRoot() for "Slow" ran out');
    expect(await queries.execute<never>(new Fast() as never)).toBeGreaterThan(1000);
    await app.close();
  });

  it('gives way to a nearer one of the message type', async () => {
    const { app, commands } = await start({ timeout: 60_000 }, Slowly);
    await expect(commands.dispatch(new Limited())).rejects.toThrow('the 5 ms of @Timeout for "Limited" ran out');
    await app.close();
  });

  it('may be that of one handler', async () => {
    class Hang {}
    @Injectable()
    class Hanging {
      @Timeout(5)
      @CommandHandler(Hang)
      hang(_command: Hang) {
        return new Promise<void>(() => undefined);
      }
    }
    const { app, commands } = await start({ shutdown: { timeout: 0 } }, Hanging);
    await expect(commands.dispatch(new Hang())).rejects.toThrow('the 5 ms of @Timeout for "Hang" ran out');
    await app.close();
  });

  it('that is not a number fails the start', async () => {
    await expect(start({ timeout: -1 }, Slowly)).rejects.toMatchObject({
      problems: [{ code: 'CQRS_INVALID_TIMEOUT', where: 'CqrsModule.forRoot()' }],
    });
  });
});

describe('The MessageCatalog of an application', () => {
  @Message({ name: 'users.create', aliases: ['user.create'] })
  class CreateUser {}
  @Message({ name: 'user.create' })
  class MakeUser {}
  class Foreign {}

  @Injectable()
  class Users {
    @CommandHandler(CreateUser)
    create() {}
  }
  @Injectable()
  class Makers {
    @CommandHandler(MakeUser)
    make() {}
  }

  it('knows what has a handler, and what the options list', async () => {
    const { app } = await start({ messages: [Foreign] }, Users);
    const catalog = app.get(MessageCatalog);
    expect([...catalog.names()]).toEqual(['Foreign', 'users.create', 'user.create']);
    await app.close();
  });

  it('has the limits of the options', async () => {
    const { app } = await start({ envelopes: { limits: { size: 10 } } }, Users);
    expect(() =>
      app.get(MessageCatalog).fromJSON({ meta: { name: 'users.create' }, payload: { a: 'x'.repeat(50) } }),
    ).toThrow(expect.objectContaining({ code: 'CQRS_ENVELOPE_TOO_LARGE' }));
    await app.close();
  });

  it('refuses the start where two classes have one name, and names both', async () => {
    const failed = start({}, Users, Makers);
    await expect(failed).rejects.toThrow(CqrsWiringException);
    await expect(failed).rejects.toMatchObject({
      problems: [
        expect.objectContaining({
          code: 'CQRS_DUPLICATE_MESSAGE_NAME',
          what: expect.stringContaining('CreateUser and MakeUser'),
        }),
      ],
    });
  });

  it('lets two classes have one name that the eventIdProvider takes for one event', async () => {
    const happened = () => class Happened {};
    const [one, other] = [happened(), happened()];
    class Listens {
      handle() {}
    }
    class ListensToo {
      handle() {}
    }
    EventsHandler(one)(Listens);
    EventsHandler(other)(ListensToo);
    const eventIdProvider = { getEventId: (type: { name: string }) => type.name };
    await expect(start({}, Listens, ListensToo)).rejects.toThrow(CqrsWiringException);
    const { app } = await start({ eventIdProvider: eventIdProvider as never }, Listens, ListensToo);
    expect([one, other]).toContain(app.get(MessageCatalog).get('Happened'));
    await app.close();
  });

  it("only warns where duplicates are 'warn'", async () => {
    const { warn } = quietLog();
    const { app } = await start({ duplicates: 'warn' }, Users, Makers);
    expect(warn.mock.calls.flat()).toContainEqual(expect.stringContaining('CreateUser and MakeUser'));
    await app.close();
  });
});
