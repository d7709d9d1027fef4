import { tracingChannel } from 'node:diagnostics_channel';
import {
  type CanActivate,
  type ExecutionContext,
  ForbiddenException,
  Inject,
  Injectable,
  Scope,
  UseGuards,
} from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import {
  AsyncContext,
  Command,
  CommandHandler,
  CqrsModule,
  type CqrsMiddleware,
  Event,
  EventsHandler,
  type MessageContext,
  Middleware,
  type MiddlewareFunction,
  type Next,
  Query,
  QueryHandler,
  UseMiddleware,
  Wiring,
} from 'nestjs-cqrs';
import { scenario } from 'nestjs-cqrs/testing';
import { refusalOf, start } from '../../support/application.js';

class Charge extends Command<string> {
  constructor(readonly cents: number) {
    super();
  }
}
class GetBalance extends Query<number> {}
class Charged extends Event {}

let log: string[] = [];
beforeEach(() => (log = []));

class Payments {
  @CommandHandler(Charge)
  async charge({ cents }: Charge) {
    log.push(`charge ${cents}`);
    return `charged ${cents}`;
  }

  @QueryHandler(GetBalance)
  balance() {
    return 42;
  }
}

const logger = { log: (text: string) => void log.push(text), error: (text: string) => void log.push(text) };

// #region function
const logging: MiddlewareFunction = async (message, next) => {
  const name = message.constructor.name;
  try {
    const result = await next(message);
    logger.log(`${name}: ${JSON.stringify(result)}`);
    return result;
  } catch (error) {
    logger.error(`${name} failed: ${String(error)}`);
    throw error;
  }
};
// #endregion

// #region powers
const inEuros: MiddlewareFunction = (message, next) =>
  message instanceof Charge ? next(new Charge(message.cents * 100)) : next(message);

const cached: MiddlewareFunction = (message, next) => (message instanceof GetBalance ? 7 : next(message));

const shouting: MiddlewareFunction = async (message, next) => String(await next(message)).toUpperCase();

const retrying: MiddlewareFunction = async (message, next) => {
  try {
    return await next(message);
  } catch {
    return next(message);
  }
};
// #endregion

const named = (name: string): MiddlewareFunction => {
  const middleware: MiddlewareFunction = (message, next) => {
    log.push(name);
    return next(message);
  };
  return Object.defineProperty(middleware, 'name', { value: name });
};

const imports = (middleware: MiddlewareFunction[]) => [CqrsModule.forRoot({ middleware })];

describe('docs/middleware.md: what a middleware can do', () => {
  it('sees the message, the result, the error and how long it took', async () => {
    const { commands, queries } = await start({ imports: imports([logging]), providers: [Payments] });
    await queries.ask(new GetBalance());
    commands.register(Charged, () => Promise.reject(new Error('no')));
    await expect(commands.dispatch(new Charged())).rejects.toThrow('no');
    expect(log).toEqual(['GetBalance: 42', 'Charged failed: Error: no']);
  });

  it('replaces the message, answers without the handler, changes the result, recovers, tries again', async () => {
    let failures = 1;
    const flaky: MiddlewareFunction = (message, next) => {
      if (failures-- > 0) throw new Error('flaky');
      return next(message);
    };
    const { app } = await start({
      imports: [
        CqrsModule.forRoot({
          commands: { middleware: [shouting, inEuros, retrying, flaky] },
          queries: { middleware: [cached] },
        }),
      ],
      providers: [Payments],
    });
    const { executed } = await scenario(app).when(new Charge(5)).answers('CHARGED 500');
    expect(executed.handledBy).toEqual(['Payments.charge']);
    const { asked } = await scenario(app).when(new GetBalance()).answers(7);
    expect(asked.handledBy).toEqual([]);
    expect(log).toEqual(['charge 500']);
  });
});

describe('docs/middleware.md: messages it has nothing to do with', () => {
  it('are not wrapped where it says so', async () => {
    let asked = 0;
    // #region wraps
    class BalanceCache implements CqrsMiddleware {
      wraps(type: object) {
        return type === GetBalance;
      }

      intercept(message: object, next: Next) {
        return message instanceof GetBalance ? 7 : next(message);
      }
    }
    // #endregion
    class CountingCache extends BalanceCache {
      override wraps(type: object) {
        asked += 1;
        return super.wraps(type);
      }
    }
    const { commands, queries } = await start({
      imports: [CqrsModule.forRoot({ middleware: [CountingCache] })],
      providers: [Payments],
    });
    expect(await commands.execute(new Charge(5))).toBe('charged 5');
    const before = asked;
    expect(await commands.execute(new Charge(5))).toBe('charged 5');
    expect(asked).toBe(before);
    expect(await queries.ask(new GetBalance())).toBe(7);
  });

  it('one that loses the result is warned about at the first dispatch that had one', async () => {
    const losing: MiddlewareFunction = async (message, next) => {
      await next(message);
      return undefined;
    };
    const { commands, log: recorded } = await start({ imports: imports([losing]), providers: [Payments] });
    await commands.execute(new Charge(5));
    await commands.execute(new Charge(5));
    expect(recorded.warnings).toEqual([
      'The middleware losing of the command "Charge" loses the result of the handler: the caller gets undefined. Return what next() gives.',
    ]);
  });
});

describe('docs/middleware.md: observing', () => {
  // #region tracing
  const dispatches = tracingChannel<string, { message: object }>('shop:dispatch');

  const tracing: MiddlewareFunction = (message, next) =>
    dispatches.hasSubscribers ? dispatches.tracePromise(() => next(message), { message }) : next(message);
  // #endregion

  const listener = {
    start: ({ message }: { message: object }) => void log.push(`start ${message.constructor.name}`),
    error: ({ error }: { error: unknown }) => void log.push(`error ${String(error)}`),
    asyncEnd: ({ message }: { message: object }) => void log.push(`end ${message.constructor.name}`),
  };

  it('publishes starts, ends and failures to a diagnostics channel that has subscribers', async () => {
    const { commands } = await start({
      imports: [CqrsModule.forRoot({ middleware: [tracing] })],
      providers: [Payments],
    });
    expect(await commands.execute(new Charge(1))).toBe('charged 1');
    dispatches.subscribe(listener as unknown as Parameters<typeof dispatches.subscribe>[0]);
    expect(await commands.execute(new Charge(2))).toBe('charged 2');
    await expect(commands.dispatch(new Charged())).rejects.toThrow('No handler');
    commands.register(Charged, () => Promise.reject(new Error('no')));
    await expect(commands.dispatch(new Charged())).rejects.toThrow('no');
    dispatches.unsubscribe(listener as unknown as Parameters<typeof dispatches.unsubscribe>[0]);
    expect(await commands.execute(new Charge(3))).toBe('charged 3');
    expect(log).toEqual([
      'charge 1',
      'start Charge',
      'charge 2',
      'end Charge',
      'start Charged',
      'error Error: no',
      'end Charged',
      'charge 3',
    ]);
  });
});

describe('docs/middleware.md: classes', () => {
  @Injectable()
  class Ledger {
    readonly entries: string[] = [];
  }

  it('are injected like any provider, and provided where they are needed or instantiated for it', async () => {
    // #region class
    @Injectable()
    class LedgerMiddleware implements CqrsMiddleware {
      constructor(private readonly ledger: Ledger) {}

      async intercept(message: object, next: Next, context: MessageContext) {
        const result = await next(message);
        this.ledger.entries.push(`${context.kind} ${context.type.name} by ${context.handler.name}`);
        return result;
      }
    }
    // #endregion
    const { app, commands } = await start({
      imports: [CqrsModule.forRoot({ middleware: [LedgerMiddleware] })],
      providers: [Payments, Ledger, LedgerMiddleware],
    });
    await commands.dispatch(new Charge(5));
    expect(app.get(Ledger).entries).toEqual(['command Charge by Payments.charge']);
  });

  it('may be request-scoped', async () => {
    // #region scoped
    @Injectable({ scope: Scope.REQUEST })
    class TenantMiddleware implements CqrsMiddleware {
      constructor(@Inject(REQUEST) private readonly request: { tenant: string }) {}

      intercept(message: object, next: Next) {
        logger.log(`tenant ${this.request.tenant}`);
        return next(message);
      }
    }
    // #endregion
    const { commands } = await start({
      imports: [CqrsModule.forRoot({ middleware: [TenantMiddleware] })],
      providers: [Payments, TenantMiddleware],
    });
    await commands.dispatch(new Charge(5), { asyncContext: new AsyncContext({ tenant: 't1' }) });
    expect(log).toEqual(['tenant t1', 'charge 5']);
  });

  it('that cannot be instantiated are told at start', async () => {
    @Injectable()
    class NeedsMore implements CqrsMiddleware {
      constructor(private readonly ledger: Ledger) {}

      intercept(message: object, next: Next) {
        this.ledger.entries.push('');
        return next(message);
      }
    }
    const { problems } = await refusalOf({ imports: [CqrsModule.forRoot({ middleware: [NeedsMore] })] });
    expect(problems.map(({ code }) => code)).toContain('CQRS_INVALID_MIDDLEWARE');
  });
});

describe('docs/middleware.md: where a middleware stands', () => {
  it('module, bus, message type, handler class, handler method: from the outside in', async () => {
    const [ofModule, ofCommands, audit, transaction, retry] = [
      named('module'),
      named('commands'),
      named('audit'),
      named('transaction'),
      named('retry'),
    ];
    const gateway = { refund: async () => void log.push('handler') };
    // #region use-middleware
    @UseMiddleware(audit)
    class Refund extends Command {}

    @UseMiddleware(transaction)
    class Refunds {
      @CommandHandler(Refund)
      @UseMiddleware(retry)
      async refund() {
        await gateway.refund();
      }
    }
    // #endregion
    const { app, commands } = await start({
      imports: [CqrsModule.forRoot({ middleware: [ofModule], commands: { middleware: [ofCommands] } })],
      providers: [Refunds],
    });
    await commands.dispatch(new Refund());
    expect(log).toEqual(['module', 'commands', 'audit', 'transaction', 'retry', 'handler']);
    expect(app.get(Wiring).toText()).toBe(
      'Commands\n  Refund → module → commands → audit → transaction → retry → Refunds.refund (RootTestModule)',
    );
  });

  it('a decorator on a base class or an overridden method holds for the class that is provided', async () => {
    const [audit, retry] = [named('audit'), named('retry')];
    class Refund extends Command {}
    class RefundGuard implements CanActivate {
      canActivate() {
        log.push('guard');
        return true;
      }
    }
    // #region inherited
    @UseMiddleware(audit)
    class BaseRefunds {
      @UseMiddleware(retry)
      @UseGuards(RefundGuard)
      async execute() {}
    }

    @CommandHandler(Refund)
    class RefundHandler extends BaseRefunds {
      override async execute() {} // within audit, retry and RefundGuard
    }
    // #endregion
    const { commands } = await start({ imports: imports([]), providers: [RefundHandler] });
    await commands.dispatch(new Refund());
    expect(log).toEqual(['audit', 'retry', 'guard']);
  });

  it('around an event, each handler has a chain of its own', async () => {
    class Receipts {
      @EventsHandler(Charged)
      send() {
        log.push('receipt');
      }

      @EventsHandler(Charged)
      count() {
        log.push('count');
      }
    }
    const { app } = await start({ imports: imports([named('outer')]), providers: [Receipts] });
    await scenario(app).when(new Charged()).publishes(new Charged());
    expect(log).toEqual(['outer', 'receipt', 'outer', 'count']);
  });

  it('a middleware of any module is found, and says itself where it belongs', async () => {
    @Middleware()
    @Injectable()
    class TransactionMiddleware implements CqrsMiddleware {
      intercept(message: object, next: Next) {
        log.push('transaction');
        return next(message);
      }
    }
    // #region discovered
    @Middleware({ on: ['command'], before: [TransactionMiddleware] })
    @Injectable()
    class IdempotencyMiddleware implements CqrsMiddleware {
      intercept(message: object, next: Next) {
        logger.log('idempotency');
        return next(message);
      }
    }
    // #endregion
    const { commands, queries } = await start({
      imports: imports([named('listed')]),
      providers: [Payments, TransactionMiddleware, IdempotencyMiddleware],
    });
    await commands.dispatch(new Charge(5));
    expect(log).toEqual(['listed', 'idempotency', 'transaction', 'charge 5']);
    log = [];
    await queries.ask(new GetBalance());
    expect(log).toEqual(['listed', 'transaction']);
  });
});

describe("docs/middleware.md: Nest's own enhancers", () => {
  it('work on handlers, with execution contexts of the type cqrs', async () => {
    // #region enhancers
    @Injectable()
    class LimitGuard implements CanActivate {
      canActivate(execution: ExecutionContext): boolean {
        const [message, context] = execution.getArgs<[Charge, MessageContext]>();
        logger.log(`${execution.getType<string>()} ${context.kind} ${message.cents}`);
        return message.cents <= 1000;
      }
    }

    @CommandHandler(Charge)
    @UseGuards(LimitGuard)
    class ChargeHandler {
      async execute({ cents }: Charge) {
        return `charged ${cents}`;
      }
    }
    // #endregion
    const { app } = await start({ imports: imports([]), providers: [ChargeHandler] });
    await scenario(app).when(new Charge(5)).answers('charged 5');
    await scenario(app).when(new Charge(5000)).fails(ForbiddenException);
    expect(log).toEqual(['cqrs command 5', 'cqrs command 5000']);
  });
});
