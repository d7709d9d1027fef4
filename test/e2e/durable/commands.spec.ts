import { Injectable, Logger, type ModuleMetadata } from '@nestjs/common';
import {
  Command,
  CommandBus,
  CommandHandler,
  ContextOrigin,
  CqrsModule,
  DeadLetters,
  delivery,
  Durable,
  Event,
  EventBus,
  EventsHandler,
  header,
  Message,
  MessageContext,
  Middleware,
  Query,
  QueryHandler,
  Queues,
  UnrecoverableException,
  Validate,
  type CqrsModuleOptions,
  type DurableModuleOptions,
  type Next,
  type Receipt,
} from '../../../lib/index.js';
import { MemoryTransport } from '../../../lib/testing/index.js';
import { start } from '../../support/application.js';
import { quietLog } from '../../support/quiet-log.js';

@Durable({ retry: { limit: 2, delay: 1000, backoff: false } })
@Message({ name: 'mail.send' })
class SendMail extends Command<string> {
  constructor(readonly to = 'ada') {
    super();
  }
}

@Message({ name: 'mail.plain' })
class PlainMail extends Command {}

@Durable({ key: (payment: Pay) => payment.account })
@Message({ name: 'pay' })
class Pay extends Command {
  constructor(
    readonly account: string,
    readonly amount = 1,
  ) {
    super();
  }
}

@Durable()
@Message({ name: 'elsewhere.render' })
class Render extends Command {}

/** Not in any catalog: without a name of its own, and handled by the handler of its base class. */
class SendNewsletter extends SendMail {}

@Message({ name: 'ask' })
class Ask extends Query<string> {}

interface Handled {
  readonly message: object;
  readonly context: MessageContext;
}

const handled: Handled[] = [];
let failing: (attempt: number) => unknown = () => undefined;
const tenant = header<string>('tenant');

class Mails {
  @CommandHandler(SendMail)
  send(message: SendMail, context: MessageContext): string {
    handled.push({ message, context });
    const error = failing(context.header(delivery)?.attempt ?? 0);
    if (error !== undefined) throw error;
    return message.to;
  }

  @CommandHandler(Pay)
  pay(message: Pay, context: MessageContext): void {
    handled.push({ message, context });
    const error = failing(context.header(delivery)?.attempt ?? 0);
    if (error !== undefined) throw error;
  }

  @CommandHandler(PlainMail)
  plain(): void {}
}

const started = async (
  durable: Partial<DurableModuleOptions> | undefined = {},
  options: Omit<CqrsModuleOptions, 'durable'> = {},
  providers: ModuleMetadata['providers'] = [Mails],
) => {
  const transport = new MemoryTransport();
  const application = await start({
    imports: [CqrsModule.forRoot({ ...options, durable: { transport, ...durable } })],
    providers,
  });
  return { ...application, transport };
};

const received = () => handled.map(({ message }) => (message as SendMail).to ?? message.constructor.name);

beforeEach(() => {
  handled.length = 0;
  failing = () => undefined;
});

describe('CommandBus.enqueue', () => {
  it('resolves with a receipt when the command is stored, and the command is handled later', async () => {
    const { commands, transport } = await started();
    const receipt = await commands.enqueue(new SendMail('ada'));
    expect(handled).toEqual([]);
    expect(receipt).toEqual({ id: expect.any(String), queue: 'mail.send', transport: 'memory', isDuplicate: false });
    await transport.settled();
    expect(handled[0]!.message).toBeInstanceOf(SendMail);
    expect(received()).toEqual(['ada']);
  });

  it('gives the handler identifiers, headers and cause of the call, and what is known of the delivery', async () => {
    const { commands, transport } = await started();
    const context = new ContextOrigin({ correlationId: 'c-1', causationId: 'cause-1', headers: tenant.of('acme') });
    await commands.enqueue(new SendMail(), { context, messageId: 'mail-1' });
    await transport.settled();
    const told = handled[0]!.context;
    expect([told.messageId, told.correlationId, told.causationId, told.header(tenant)]).toEqual([
      'mail-1',
      'c-1',
      'cause-1',
      'acme',
    ]);
    expect(told.fromOutside).toBe(true);
    expect(told.header(delivery)).toEqual({
      id: 'mail-1',
      queue: 'mail.send',
      attempt: 1,
      attempts: 3,
      enqueuedAt: expect.any(Date),
      lastFailure: undefined,
    });
  });

  it('stores nothing by dispatch and execute, where a handler sees no delivery', async () => {
    const { commands, transport } = await started();
    await commands.dispatch(new SendMail());
    expect(await commands.execute(new SendMail('bo'))).toBe('bo');
    expect(handled.map(({ context }) => context.header(delivery))).toEqual([undefined, undefined]);
    await transport.settled();
    expect(handled).toHaveLength(2);
  });

  it('waits for the delay and for the time', async () => {
    const { commands, transport } = await started();
    await commands.enqueue(new SendMail('delayed'), { delay: 60_000 });
    await commands.enqueue(new SendMail('at'), { at: new Date(transport.clock.now.getTime() + 30_000) });
    await transport.clock.advance(29_999);
    expect(received()).toEqual([]);
    await transport.clock.advance(1);
    expect(received()).toEqual(['at']);
    await transport.clock.advance(30_000);
    expect(received()).toEqual(['at', 'delayed']);
  });

  it('drops the second command of one messageId', async () => {
    const { commands, transport } = await started();
    const receipts = [
      await commands.enqueue(new SendMail('one'), { messageId: 'm' }),
      await commands.enqueue(new SendMail('two'), { messageId: 'm' }),
    ];
    expect(receipts.map(({ isDuplicate }) => isDuplicate)).toEqual([false, true]);
    await transport.settled();
    expect(received()).toEqual(['one']);
  });

  it('tries again by the policy of the class, and tells the handler why the attempt before failed', async () => {
    const { warn } = quietLog();
    const { commands, transport } = await started();
    failing = attempt => (attempt < 3 ? new Error(`broken ${attempt}`) : undefined);
    await commands.enqueue(new SendMail());
    await transport.settled();
    expect(handled).toHaveLength(1);
    await transport.clock.advance(1000);
    await transport.clock.advance(1000);
    expect(handled.map(({ context }) => context.header(delivery)!.lastFailure?.message)).toEqual([
      undefined,
      'broken 1',
      'broken 2',
    ]);
    expect(warn.mock.calls.length).toBeGreaterThanOrEqual(0);
  });

  it('takes the policy of the call over that of the class, and that of the class over that of the module', async () => {
    quietLog();
    const { commands, transport, app } = await started({ retry: { limit: 7, delay: 10, backoff: false } });
    failing = () => new Error('broken');
    await commands.enqueue(new SendMail('class'));
    await commands.enqueue(new SendMail('call'), { retry: { limit: 0 } });
    await commands.enqueue(new Pay('module'));
    await transport.clock.advance(100_000);
    const letters = await app.get(DeadLetters).list();
    expect(letters.map(({ message, attempts }) => [message, attempts])).toEqual(
      expect.arrayContaining([
        [new SendMail('class'), 3],
        [new SendMail('call'), 1],
        [new Pay('module'), 8],
      ]),
    );
  });

  it('makes a dead letter at once of what cannot end well', async () => {
    quietLog();
    const { commands, transport, app } = await started();
    failing = () => new UnrecoverableException('no such mailbox');
    await commands.enqueue(new SendMail(), { messageId: 'dead' });
    await transport.settled();
    const [letter] = await app.get(DeadLetters).list({ queue: 'mail.send' });
    expect(letter).toMatchObject({ id: 'dead', queue: 'mail.send', attempts: 1, message: new SendMail() });
    expect(letter!.reason).toMatchObject({ name: 'UnrecoverableException', message: 'no such mailbox' });
    expect(handled).toHaveLength(1);
  });

  it('asks retryIf whether a failure is worth another attempt', async () => {
    quietLog();
    @Durable({ retryIf: error => (error as Error).message !== 'hopeless' })
    @Message({ name: 'mail.choosy' })
    class Choosy extends Command {}
    @Durable({
      retryIf: () => {
        throw new Error('retryIf is broken');
      },
    })
    @Message({ name: 'mail.odd' })
    class Odd extends Command {}
    let reason = 'busy';
    class Handlers {
      @CommandHandler(Choosy)
      choosy(): void {
        throw new Error(reason);
      }

      @CommandHandler(Odd)
      odd(): void {
        throw new Error('failed');
      }
    }
    const { commands, transport, app } = await started({ retry: { limit: 3 } }, {}, [Handlers]);
    await commands.enqueue(new Choosy());
    await commands.enqueue(new Odd());
    await transport.settled();
    expect(await app.get(DeadLetters).list()).toEqual([]);
    reason = 'hopeless';
    await transport.clock.advance(1000);
    expect(await app.get(DeadLetters).list()).toMatchObject([{ queue: 'mail.choosy', attempts: 2 }]);
    await transport.clock.advance(60_000);
    expect(await app.get(DeadLetters).list({ queue: 'mail.odd' })).toMatchObject([{ attempts: 4 }]);
  });

  it('validates where the command is stored, and where it is handled', async () => {
    quietLog();
    let isStrict = false;
    class Positive {
      static readonly schema = {
        '~standard': {
          version: 1,
          vendor: 'test',
          validate: (value: unknown) =>
            (value as Pay).amount > 0 && !isStrict ? { value } : { issues: [{ message: 'must be positive' }] },
        },
      };
    }
    @Validate(Positive.schema as never)
    @Durable()
    @Message({ name: 'pay.checked' })
    class Checked extends Command {
      constructor(readonly amount: number) {
        super();
      }
    }
    class Handler {
      @CommandHandler(Checked)
      pay(message: Checked, context: MessageContext): void {
        handled.push({ message, context });
      }
    }
    const { commands, transport, app } = await started({}, {}, [Handler]);
    await expect(commands.enqueue(new Checked(0))).rejects.toMatchObject({ code: 'CQRS_VALIDATION' });
    await commands.enqueue(new Checked(1));
    isStrict = true;
    await transport.settled();
    expect(handled).toEqual([]);
    expect(await app.get(DeadLetters).list()).toMatchObject([
      { attempts: 1, reason: { code: 'CQRS_VALIDATION' }, message: new Checked(1) },
    ]);
  });

  it('handles what waits in the queue of an earlier name', async () => {
    @Durable()
    @Message({ name: 'mail.renamed', aliases: ['mail.before'] })
    class Renamed extends Command {}
    class Handler {
      @CommandHandler(Renamed)
      on(message: Renamed, context: MessageContext): void {
        handled.push({ message, context });
      }
    }
    const { transport, app } = await started({}, {}, [Handler]);
    const envelope = { meta: { name: 'mail.before', version: 1, headers: {} }, payload: {} };
    const retry = { limit: 0, delay: 0, backoff: false, maxDelay: 0 };
    await transport.store([
      { id: 'old', queue: 'mail.before', data: { kind: 'command', envelope, enqueuedAt: 0 }, retry },
    ]);
    await transport.settled();
    expect(handled.map(({ message }) => message)).toEqual([new Renamed()]);
    expect((await app.get(Queues).list()).map(({ queue }) => queue)).toEqual(['mail.before', 'mail.renamed']);
  });

  it('keeps the order of one key', async () => {
    quietLog();
    const { commands, transport } = await started({ retry: { delay: 1000, backoff: false } });
    failing = attempt => (attempt === 1 && handled.length === 1 ? new Error('first of a') : undefined);
    await commands.enqueueAll([new Pay('a', 1), new Pay('b', 1), new Pay('a', 2)]);
    await transport.settled();
    await transport.clock.advance(1000);
    const amounts = handled.map(({ message }) => `${(message as Pay).account}${(message as Pay).amount}`);
    expect(amounts).toEqual(['a1', 'b1', 'a1', 'a2']);
  });

  it('runs middleware of the command bus around each delivery, and around storing only where it says so', async () => {
    const log: string[] = [];
    @Middleware({ on: ['command'] })
    class Around {
      intercept(message: object, next: Next, context: MessageContext): unknown {
        log.push(`handle ${context.header(delivery)?.attempt ?? 0}`);
        return next(message);
      }
    }
    @Middleware({ on: ['command'], at: ['store'] })
    class Storing {
      intercept(message: object, next: Next): unknown {
        log.push('store');
        return next(message);
      }
    }
    const { commands, transport } = await started({}, {}, [Mails, Around, Storing]);
    await commands.enqueue(new SendMail());
    expect(log).toEqual(['store']);
    await transport.settled();
    expect(log).toEqual(['store', 'handle 1']);
  });

  it('stores the command and what a middleware at store publishes with a copy of all its headers', async () => {
    @Message({ name: 'mail.noted' })
    class Noted extends Event {}
    class Notes {
      @EventsHandler(Noted)
      @Durable('notes')
      note(): void {}
    }
    @Middleware({ on: ['command'], at: ['store'] })
    @Injectable()
    class Noting {
      constructor(private readonly events: EventBus) {}

      async intercept(message: object, next: Next, { headers }: MessageContext): Promise<unknown> {
        await this.events.publish(new Noted(), { headers: { ...headers } });
        return next(message);
      }
    }
    const { commands, app } = await started({ work: false }, {}, [Mails, Notes, Noting]);
    await expect(commands.enqueue(new SendMail(), { delay: 1000 })).resolves.toMatchObject({ queue: 'mail.send' });
    const numbers = await app.get(Queues).list();
    expect(numbers.filter(({ ready, delayed }) => ready + delayed > 0)).toMatchObject([
      { queue: 'mail.send', ready: 0, delayed: 1 },
      { queue: 'notes', ready: 1, delayed: 0 },
    ]);
  });

  it('refuses middleware at store that does not pass the command on', async () => {
    @Middleware({ on: ['command'], at: ['store'] })
    class Swallowing {
      intercept(): unknown {
        return undefined;
      }
    }
    const { commands } = await started({}, {}, [Mails, Swallowing]);
    await expect(commands.enqueue(new SendMail())).rejects.toMatchObject({ code: 'CQRS_NOT_STORED' });
  });

  it('gives the receipt where middleware at store passes the command on and returns something else', async () => {
    @Middleware({ on: ['command'], at: ['store'] })
    class Timing {
      async intercept(message: object, next: Next): Promise<void> {
        await next(message);
      }
    }
    const { commands, transport } = await started({}, {}, [Mails, Timing]);
    await expect(commands.enqueue(new SendMail(), { messageId: 'm-1' })).resolves.toMatchObject({ id: 'm-1' });
    const receipts = await commands.enqueueAll([new SendMail('bob'), new SendMail('eve')]);
    expect(receipts.map(({ queue }) => queue)).toEqual(['mail.send', 'mail.send']);
    await transport.settled();
    expect(received()).toEqual(['ada', 'bob', 'eve']);
  });

  it('stores all commands of enqueueAll in one step, or none', async () => {
    const { commands, transport } = await started();
    const receipts = await commands.enqueueAll([new SendMail('one'), new SendMail('two')]);
    expect(receipts.map(({ isDuplicate }: Receipt) => isDuplicate)).toEqual([false, false]);
    await transport.settled();
    expect(received()).toEqual(['one', 'two']);
    await expect(commands.enqueueAll([new SendMail('three'), new Pay('')])).rejects.toMatchObject({
      code: 'CQRS_INVALID_KEY',
    });
    await transport.settled();
    expect(received()).toEqual(['one', 'two']);
    expect(await commands.enqueueAll([])).toEqual([]);
  });

  it('refuses what it cannot keep', async () => {
    const { commands } = await started();
    const codeOf = (promise: Promise<unknown>) =>
      promise.then(
        () => 'stored',
        (error: { code: string }) => error.code,
      );
    expect({
      withoutDecorator: await codeOf(commands.enqueue(new PlainMail())),
      withoutHandler: await codeOf(commands.enqueue(new Render())),
      both: await codeOf(commands.enqueue(new SendMail(), { delay: 1, at: new Date() })),
      unknownOption: await codeOf(commands.enqueue(new SendMail(), { dealy: 1 } as never)),
      negativeDelay: await codeOf(commands.enqueue(new SendMail(), { delay: -1 })),
      badTime: await codeOf(commands.enqueue(new SendMail(), { at: new Date(Number.NaN) })),
      badRetry: await codeOf(commands.enqueue(new SendMail(), { retry: { limit: -1 } })),
      key: await codeOf(commands.enqueue(new SendMail(), { key: 'a' })),
      timeout: await codeOf(commands.enqueue(new SendMail(), { timeout: 5 } as never)),
      twoIds: await codeOf(commands.enqueueAll([new SendMail(), new SendMail()], { messageId: 'm' })),
      nothing: await codeOf(commands.enqueue(undefined as never)),
      plain: await codeOf(commands.enqueue({ to: 'ada' })),
      aborted: await codeOf(
        commands.enqueue(new SendMail(), {
          signal: AbortSignal.abort(Object.assign(new Error('gone'), { code: 'gone' })),
        }),
      ),
    }).toEqual({
      withoutDecorator: 'CQRS_NOT_DURABLE_CLASS',
      withoutHandler: 'CQRS_HANDLER_NOT_FOUND',
      both: 'CQRS_INVALID_OPTIONS',
      unknownOption: 'CQRS_INVALID_OPTIONS',
      negativeDelay: 'CQRS_INVALID_TIMEOUT',
      badTime: 'CQRS_INVALID_OPTIONS',
      badRetry: 'CQRS_INVALID_OPTIONS',
      key: 'CQRS_INVALID_KEY',
      timeout: 'CQRS_INVALID_OPTIONS',
      twoIds: 'CQRS_INVALID_OPTIONS',
      nothing: 'CQRS_INVALID_MESSAGE',
      plain: 'CQRS_NOT_DURABLE_CLASS',
      aborted: 'gone',
    });
  });

  it.each([
    ['messageId', { messageId: 'order\n1' }],
    ['messageId', { messageId: 'x'.repeat(513) }],
    ['correlationId', { correlationId: 'x'.repeat(513) }],
    ['causationId', { causationId: 'a\u0000b' }],
    ['headers', { headers: { 'a\nb': 1 } }],
    // PostgreSQL has no such letters, and takes all of the second kind for one.
    ['messageId', { messageId: 'a\u0000b' }],
    ['messageId', { messageId: 'order \ud83d' }],
    ['correlationId', { correlationId: '\udc4d' }],
  ])('refuses a %s that its own delivery could not read', async (_name, options) => {
    const { commands, transport, app } = await started();
    await expect(commands.enqueue(new SendMail(), options)).rejects.toMatchObject({ code: 'CQRS_UNSERIALIZABLE' });
    await transport.settled();
    expect(await app.get(DeadLetters).list()).toEqual([]);
  });

  it.each(['', 'a\nb', 'a\u0000', '\ud800', 'x'.repeat(513), 7 as never])('refuses the key %p', async key => {
    const { commands } = await started();
    await expect(commands.enqueue(new Pay(key))).rejects.toMatchObject({
      code: 'CQRS_INVALID_KEY',
      what: expect.stringContaining('1 to 512 characters on one line, without half of a surrogate pair'),
    });
  });

  it('says that a plain object has lost its class', async () => {
    const { commands } = await started();
    await expect(commands.enqueue({ to: 'ada' })).rejects.toThrow(
      'A plain object cannot be stored: its class was lost. Where: enqueue(). Enqueue an instance of a command class, and check that nothing on the way lost it. [CQRS_NOT_DURABLE_CLASS]',
    );
  });

  it('says what to do where the application has no engine', async () => {
    const { commands, app } = await start({ imports: [CqrsModule.forRoot()], providers: [Mails] });
    await expect(commands.enqueue(new SendMail())).rejects.toMatchObject({
      code: 'CQRS_NOT_DURABLE',
      remedy: expect.stringContaining('durable: { transport'),
    });
    await expect(app.get(DeadLetters).list()).rejects.toMatchObject({ code: 'CQRS_NOT_DURABLE' });
    await expect(app.get(Queues).list()).rejects.toMatchObject({ code: 'CQRS_NOT_DURABLE' });
    await expect(new CommandBus().enqueue(new SendMail())).rejects.toMatchObject({ code: 'CQRS_NOT_DURABLE' });
  });

  it('refuses a subclass that could not be read back', async () => {
    const { commands, transport } = await started();
    await expect(commands.enqueue(new SendNewsletter())).rejects.toMatchObject({ code: 'CQRS_NOT_READABLE' });
    await transport.settled();
    expect(handled).toHaveLength(0);
  });

  it('lets one process store what another handles', async () => {
    const { commands, transport } = await started({ elsewhere: ['mail.*'] }, {}, []);
    const worker = await start({
      imports: [CqrsModule.forRoot({ durable: { transport: transport.another() } })],
      providers: [Mails],
    });
    await expect(commands.dispatch(new SendMail())).rejects.toMatchObject({
      code: 'CQRS_HANDLER_NOT_FOUND',
      remedy: 'Another process handles it: store it, with enqueue(new SendMail(…)).',
    });
    await commands.enqueue(new SendMail('other process'));
    await transport.settled();
    expect(received()).toEqual(['other process']);
    expect(worker.app.get(Queues)).toBeInstanceOf(Queues);
  });

  it('stores commands of a subclass that another process handles', async () => {
    @Durable()
    @Message({ name: 'elsewhere.base' })
    class Base extends Command {}
    @Message({ name: 'elsewhere.derived' })
    class Derived extends Base {}
    const { commands } = await started({ elsewhere: [Derived] }, {}, []);
    await expect(commands.enqueue(new Derived())).resolves.toMatchObject({ queue: 'elsewhere.base' });
    await expect(commands.enqueue(new Base())).rejects.toMatchObject({
      code: 'CQRS_HANDLER_NOT_FOUND',
      message: expect.stringContaining('elsewhere: [Base]'),
    });
  });

  it('tells that a class of another process was loaded too late', async () => {
    const { commands } = await started({ elsewhere: ['late.*'] }, {}, []);
    @Durable()
    @Message({ name: 'late.work' })
    class Late extends Command {}
    await expect(commands.enqueue(new Late())).rejects.toMatchObject({
      code: 'CQRS_HANDLER_NOT_FOUND',
      remedy: 'Its class was loaded after the application had started, so it has no queue: import its file before.',
    });
  });

  it('handles nothing where work is false', async () => {
    const { commands, transport, app } = await started({ work: false });
    await commands.enqueue(new SendMail());
    await transport.settled();
    expect(handled).toEqual([]);
    expect(await app.get(Queues).get('mail.send')).toMatchObject({ queue: 'mail.send', ready: 1, dead: 0 });
  });

  it('refuses a query handler that stores a command, in strict mode', async () => {
    class Asking {
      constructor(private readonly commands: CommandBus) {}

      @QueryHandler(Ask)
      async ask(): Promise<string> {
        await this.commands.enqueue(new SendMail());
        return 'asked';
      }
    }
    const { queries, transport } = await started({}, { strict: true }, [
      Mails,
      { provide: Asking, inject: [CommandBus], useFactory: (commands: CommandBus) => new Asking(commands) },
    ]);
    await expect(queries.ask(new Ask())).rejects.toMatchObject({ code: 'CQRS_QUERY_SIDE_EFFECT' });
    await transport.settled();
    expect(handled).toEqual([]);
  });

  it('keeps what was enqueued while providers are created and modules are initialized', async () => {
    const transport = new MemoryTransport();
    class Early {
      constructor(private readonly commands: CommandBus) {}

      async onModuleInit(): Promise<void> {
        await this.commands.enqueue(new SendMail('early'));
      }
    }
    await start({
      imports: [CqrsModule.forRoot({ durable: { transport } })],
      providers: [
        Mails,
        { provide: Early, inject: [CommandBus], useFactory: (commands: CommandBus) => new Early(commands) },
      ],
    });
    await transport.settled();
    expect(received()).toEqual(['early']);
  });

  it('stores the beginning of a long text of an error', async () => {
    quietLog();
    const { commands, transport, app } = await started();
    const [long, beginning] = ['x'.repeat(20_000), `${'x'.repeat(10_000)}…`];
    failing = () => Object.assign(new UnrecoverableException(long), { name: long, code: long });
    await commands.enqueue(new SendMail());
    await transport.settled();
    const whole = 'x'.repeat(10_000);
    failing = () => new UnrecoverableException(whole);
    await commands.enqueue(new SendMail());
    await transport.settled();
    const [letter, other] = await app.get(DeadLetters).list();
    expect(letter!.reason).toMatchObject({ name: beginning, message: beginning, code: beginning });
    expect(other!.reason).toMatchObject({ message: whole });
  });

  it('logs each failed attempt, and the dead letter', async () => {
    Logger.overrideLogger(false);
    const { commands, transport, log } = await started();
    failing = () => new Error('broken');
    await commands.enqueue(new SendMail(), { messageId: 'm-1' });
    await transport.clock.advance(5000);
    expect(log.warnings).toEqual([
      'SendMail of the queue mail.send (m-1) failed, attempt 1 of 3: broken',
      'SendMail of the queue mail.send (m-1) failed, attempt 2 of 3: broken',
    ]);
    expect(log.errors).toEqual([
      '"mail.send" has thrown an unhandled exception on SendMail: broken',
      'SendMail of the queue mail.send (m-1) is a dead letter now: it has failed 3 times.',
    ]);
  });
});
