import {
  Injectable,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import {
  BusClosedException,
  CqrsModule,
  Event,
  EventBus,
  EventHandlersFailedException,
  EventsHandler,
  type IEvent,
  type IEventHandler,
  type IEventPublisher,
  type IMessageSource,
  InvalidMessageException,
  UnhandledExceptionBus,
} from 'nestjs-cqrs';
import { track } from 'nestjs-cqrs/testing';
import { filter, type Subject, Subscription } from 'rxjs';
import { start } from '../../support/application.js';

// #region events
class AccountEvent extends Event {
  constructor(readonly accountId: string) {
    super();
  }
}
class AccountOpened extends AccountEvent {}
class MoneyDeposited extends AccountEvent {
  constructor(
    accountId: string,
    readonly cents: number,
  ) {
    super(accountId);
  }
}
// #endregion

const log: string[] = [];
const logger = { log: (text: string) => void log.push(text) };
beforeEach(() => void log.splice(0));

// #region handlers
@Injectable()
class Balances {
  private readonly cents = new Map<string, number>();

  @EventsHandler(MoneyDeposited)
  add({ accountId, cents }: MoneyDeposited) {
    this.cents.set(accountId, this.of(accountId) + cents);
  }

  of(accountId: string): number {
    return this.cents.get(accountId) ?? 0;
  }
}

/** Gets AccountOpened, MoneyDeposited, and whatever else will extend AccountEvent. */
@EventsHandler(AccountEvent)
class AccountLog implements IEventHandler<AccountEvent> {
  async handle(event: AccountEvent) {
    logger.log(`${event.constructor.name} ${event.accountId}`);
  }
}
// #endregion

/** Settles when the test says so. */
const gate = () => {
  let open!: () => void;
  const passed = new Promise<void>(resolve => (open = resolve));
  return { open, passed };
};

describe('docs/events.md: routing', () => {
  it('a handler of a class gets the events of its subclasses, and each event reaches a handler once', async () => {
    @EventsHandler(MoneyDeposited, AccountEvent)
    class Both {
      handle(_event: AccountEvent) {}
    }
    const { app, events } = await start({
      imports: [CqrsModule.forRoot()],
      providers: [Balances, AccountLog, Both],
    });

    const { published } = await track(app).run(async () => {
      // #region publish
      await events.publish(new AccountOpened('a1'));
      await events.publish(new MoneyDeposited('a1', 500));
      // #endregion
    });

    expect(published.messages).toEqual([new AccountOpened('a1'), new MoneyDeposited('a1', 500)]);
    expect(published.handledBy.toSorted()).toEqual(['AccountLog', 'AccountLog', 'Balances.add', 'Both', 'Both']);
    expect(log).toEqual(['AccountOpened a1', 'MoneyDeposited a1']);
    expect(app.get(Balances).of('a1')).toBe(500);
  });

  it('an event without a handler is not an error', async () => {
    const { events } = await start({ imports: [CqrsModule.forRoot()] });
    expect(await events.publish(new AccountOpened('a1'))).toBeUndefined();
  });

  it('a function is registered at run time, until its disposer is called', async () => {
    const { events } = await start({ imports: [CqrsModule.forRoot()] });

    // #region register
    const unregister = events.register(AccountOpened, event => logger.log(event.accountId));
    await events.publish(new AccountOpened('a1'));
    unregister();
    // #endregion

    await events.publish(new AccountOpened('a2'));
    expect(log).toEqual(['a1']);
  });

  it('with an eventIdProvider, classes of one identifier are one event', async () => {
    class Revived {
      static readonly event = 'account.opened';
    }
    class Original {
      static readonly event = 'account.opened';
    }
    // #region event-ids
    const eventIdProvider = {
      getEventId: (type: object) => (type as { event?: string }).event ?? null,
    };
    // #endregion
    const { events } = await start({ imports: [CqrsModule.forRoot({ eventIdProvider })] });
    events.register(Original, event => void log.push(event.constructor.name));

    await events.publish(new Revived());

    expect(log).toEqual(['Revived']);
  });
});

describe('docs/events.md: modes', () => {
  const slow = gate();

  @EventsHandler(AccountOpened)
  class First {
    async handle() {
      log.push('first begins');
      await slow.passed;
      log.push('first ends');
    }
  }
  @EventsHandler(AccountOpened)
  class Second {
    handle() {
      log.push('second');
    }
  }
  const run = (events?: object) =>
    start({ imports: [CqrsModule.forRoot({ ...(events && { events }) })], providers: [First, Second] });

  it('parallel: every handler is handed the event before any has ended, and publish awaits all of them', async () => {
    const { events } = await run();
    const published = events.publish(new AccountOpened('a1')).then(() => log.push('published'));
    expect(log).toEqual(['first begins', 'second']);
    slow.open();
    await published;
    expect(log).toEqual(['first begins', 'second', 'first ends', 'published']);
  });

  it('sequential: one after another in the order of registration, by call, by module and by bus', async () => {
    const inTurn = ['first begins', 'first ends', 'second'];
    const { events } = await run();
    // #region mode
    await events.publish(new AccountOpened('a1'), { mode: 'sequential' });
    // #endregion
    expect(log.splice(0)).toEqual(inTurn);

    const ofModule = await run({ mode: 'sequential' });
    await ofModule.events.publish(new AccountOpened('a1'));
    expect(log.splice(0)).toEqual(inTurn);

    const ofBus = new EventBus({ mode: 'sequential' });
    ofBus.register(AccountOpened, () => Promise.resolve().then(() => log.push('one')));
    ofBus.register(AccountOpened, () => log.push('two'));
    await ofBus.publish(new AccountOpened('a1'));
    expect(log.splice(0)).toEqual(['one', 'two']);
  });

  it('untilFailure: handlers after one that fails are skipped', async () => {
    const bus = new EventBus({ mode: 'untilFailure' });
    bus.register(AccountOpened, () => log.push('one'));
    bus.register(AccountOpened, function refuse() {
      throw new Error('no');
    });
    bus.register(AccountOpened, function never() {
      log.push('three');
    });

    const { handled, skipped } = await bus.publish(new AccountOpened('a1'), { onError: 'collect' });

    expect(log).toEqual(['one']);
    expect(handled).toHaveLength(2);
    expect(skipped).toHaveLength(1);
  });
});

describe('docs/events.md: failures', () => {
  const failure = new Error('The mail server is down.');

  @EventsHandler(AccountOpened)
  class WelcomeMail {
    handle() {
      throw failure;
    }
  }
  @EventsHandler(AccountOpened)
  class Statistics {
    async handle() {
      log.push('counted');
    }
  }
  @Module({ providers: [WelcomeMail, Statistics] })
  class MailModule {}

  const run = (options = {}) => start({ imports: [CqrsModule.forRoot(options), MailModule] });

  it('report: publish resolves; the UnhandledExceptionBus and the log say what failed, where, on what', async () => {
    const { app, events, log: lines } = await run();
    const failures: object[] = [];
    const alarms = { raise: (failure: object) => void failures.push(failure) };

    // #region report
    app.get(UnhandledExceptionBus).subscribe(({ exception, message, handler, module, context, attempt }) => {
      alarms.raise({ exception, message, handler, module, correlationId: context?.correlationId, attempt });
    });
    // #endregion
    const event = new AccountOpened('a1');
    await events.publish(event, { correlationId: 'c1' });

    expect(log).toEqual(['counted']);
    expect(failures).toEqual([
      {
        exception: failure,
        message: event,
        handler: 'WelcomeMail',
        module: 'MailModule',
        correlationId: 'c1',
        attempt: 1,
      },
    ]);
    expect(lines.errors).toEqual([expect.stringMatching(/WelcomeMail \(MailModule\).*AccountOpened.*mail server/)]);
  });

  it('an unhandledExceptionPublisher takes the place of the subscribers; what it throws is logged', async () => {
    const reported: unknown[] = [];
    const unhandledExceptionPublisher = {
      publish: ({ exception }: { exception: unknown }) => {
        reported.push(exception);
        throw new Error('The reporter is down.');
      },
    };
    const { app, events, log: lines } = await run({ unhandledExceptionPublisher });
    app.get(UnhandledExceptionBus).subscribe(() => log.push('subscriber'));
    await events.publish(new AccountOpened('a1'));
    expect(reported).toEqual([failure]);
    expect(log).toEqual(['counted']);
    expect(lines.errors).toEqual([
      expect.stringContaining('The mail server is down.'),
      expect.stringContaining('The reporter is down.'),
    ]);
  });

  it('throw: publish rejects with the error, or with all of them where several handlers failed', async () => {
    const { events, log: lines } = await run();

    await expect(events.publish(new AccountOpened('a1'), { onError: 'throw' })).rejects.toBe(failure);

    const other = new Error('full');
    events.register(AccountOpened, () => Promise.reject(other));
    const rejection = await events
      .publish(new AccountOpened('a1'), { onError: 'throw' })
      .catch((error: unknown) => error as EventHandlersFailedException);
    expect(rejection).toBeInstanceOf(EventHandlersFailedException);
    expect((rejection as EventHandlersFailedException).errors).toEqual([failure, other]);
    expect(lines.errors).toHaveLength(3);
  });

  it('collect: publish resolves to the outcome, and nothing is reported', async () => {
    const { events, log: lines } = await run();

    // #region collect
    const outcome = await events.publish(new AccountOpened('a1'), { onError: 'collect' });
    for (const { handler, module, error } of outcome.failures) {
      logger.log(`${handler} of ${module}: ${String(error)}`);
    }
    // #endregion

    expect(log).toEqual(['counted', 'WelcomeMail of MailModule: Error: The mail server is down.']);
    expect(outcome.handled).toEqual(['WelcomeMail', 'Statistics']);
    expect(lines.errors).toEqual([]);
  });

  it('the option of the module is the default of every publish', async () => {
    const { events } = await run({ events: { onError: 'throw' } });
    await expect(events.publish(new AccountOpened('a1'))).rejects.toBe(failure);
    await expect(events.publish(new AccountOpened('a1'), { onError: 'report' })).resolves.toBeUndefined();
  });

  it('a value that is not an event is refused with a rejection and reported', async () => {
    const { events, log: lines } = await run();
    for (const nothing of [undefined, null, 42, Object.create(null)])
      await expect(events.publish(nothing)).rejects.toThrow(InvalidMessageException);
    expect(lines.errors).toHaveLength(4);
  });
});

describe('docs/events.md: order', () => {
  class Cause extends Event {}
  class Effect extends Event {}

  it('parallel: an effect is never handed to anybody before its cause has been handed to everybody', async () => {
    const bus = new EventBus();
    bus.register(Cause, () => {
      void bus.publish(new Effect());
      log.push('cause, first handler');
    });
    bus.register(Effect, () => log.push('effect'));
    bus.register(Cause, () => log.push('cause, second handler'));

    await bus.publish(new Cause());

    expect(log).toEqual(['cause, first handler', 'cause, second handler', 'effect']);
  });

  it('parallel: a handler may await what it publishes', async () => {
    const bus = new EventBus();
    bus.register(Cause, async () => {
      await bus.publish(new Effect());
      log.push('cause ends');
    });
    bus.register(Effect, async () => log.push('effect'));
    await bus.publish(new Cause());
    expect(log).toEqual(['effect', 'cause ends']);
  });

  it('sequential: a nested publish that is awaited runs at once, before the handlers that come later', async () => {
    const bus = new EventBus({ mode: 'sequential' });
    bus.register(Cause, async () => {
      await bus.publish(new Effect());
      log.push('cause, first handler');
    });
    bus.register(Effect, () => log.push('effect'));
    bus.register(Cause, () => log.push('cause, second handler'));

    await bus.publish(new Cause());

    expect(log).toEqual(['effect', 'cause, first handler', 'cause, second handler']);
  });

  it('publishAll: every handler is handed the events in order; in sequential mode an event is done before the next', async () => {
    const bus = new EventBus();
    bus.register(MoneyDeposited, async ({ cents }) => {
      log.push(`begins ${cents}`);
      await Promise.resolve();
      log.push(`ends ${cents}`);
    });
    const deposits = [new MoneyDeposited('a1', 1), new MoneyDeposited('a1', 2)];

    // #region publish-all
    await bus.publishAll(deposits);
    await bus.publishAll(deposits, { mode: 'sequential' });
    // #endregion

    expect(log.slice(0, 2)).toEqual(['begins 1', 'begins 2']);
    expect(log.slice(4)).toEqual(['begins 1', 'ends 1', 'begins 2', 'ends 2']);
  });

  it('publishAll with collect resolves to one outcome an event', async () => {
    const bus = new EventBus();
    bus.register(MoneyDeposited, () => undefined);
    const outcomes = await bus.publishAll([new MoneyDeposited('a1', 1), new MoneyDeposited('a1', 2)], {
      onError: 'collect',
    });
    expect(outcomes.map(({ event }) => (event as MoneyDeposited).cents)).toEqual([1, 2]);
  });
});

describe('docs/events.md: early and late events', () => {
  it('events of constructors and of every hook are handled', async () => {
    class Announced extends Event {
      constructor(readonly from: string) {
        super();
      }
    }
    @Injectable()
    class Announcer implements OnModuleInit, OnApplicationBootstrap, OnApplicationShutdown {
      constructor(private readonly events: EventBus) {
        void events.publish(new Announced('constructor'));
      }
      async onModuleInit() {
        await this.events.publish(new Announced('onModuleInit'));
      }
      async onApplicationBootstrap() {
        await this.events.publish(new Announced('onApplicationBootstrap'));
      }
      onApplicationShutdown() {
        void this.events.publish(new Announced('onApplicationShutdown'));
      }
    }
    @EventsHandler(Announced)
    class Listener {
      async handle({ from }: Announced) {
        await new Promise(resolve => setImmediate(resolve));
        log.push(from);
      }
    }
    const { app, events } = await start({ imports: [CqrsModule.forRoot()], providers: [Announcer, Listener] });

    await app.close();

    expect(log).toEqual(['constructor', 'onModuleInit', 'onApplicationBootstrap', 'onApplicationShutdown']);
    await expect(events.publish(new Announced('too late'))).rejects.toThrow(BusClosedException);
  });
});

describe('docs/events.md: other publishers and sources', () => {
  /** Stands for a broker: what is sent comes back to whoever listens. */
  class Broker {
    readonly sent: object[] = [];
    listener?: (event: object) => void;

    async send(event: object) {
      this.sent.push(event);
    }
  }
  const broker = new Broker();

  // #region publisher
  class BrokerPublisher implements IEventPublisher {
    publish(event: object): Promise<void> {
      return broker.send(event);
    }
  }

  class BrokerSource implements IMessageSource {
    bridgeEventsTo<T extends IEvent>(subject: Subject<T>) {
      broker.listener = event => subject.next(event as T);
    }
  }
  // #endregion

  it('a publisher carries events away; what a source brings goes to the handlers of this process', async () => {
    const { events } = await start({
      imports: [CqrsModule.forRoot({ eventPublisher: new BrokerPublisher() })],
      providers: [AccountLog],
    });
    // #region bridge
    new BrokerSource().bridgeEventsTo(events.subject$);
    // #endregion
    const event = new AccountOpened('a1');

    await events.publish(event);
    expect(broker.sent).toEqual([event]);
    expect(log).toEqual([]);

    broker.listener?.(event);
    await new Promise(resolve => setImmediate(resolve));
    expect(log).toEqual(['AccountOpened a1']);
  });

  it('a rejection of the publisher rejects publish, is reported, and is safe to drop', async () => {
    const failing = { publish: () => Promise.reject(new Error('broker down')) };
    const { events, log: lines } = await start({ imports: [CqrsModule.forRoot({ eventPublisher: failing })] });

    void events.publish(new AccountOpened('a1'));
    await expect(events.publish(new AccountOpened('a1'))).rejects.toThrow('broker down');

    expect(lines.errors).toHaveLength(2);
  });
});

describe('docs/events.md: observing', () => {
  it('a bus is an Observable of its messages; a subscriber that throws affects no other', async () => {
    const { events, commands } = await start({ imports: [CqrsModule.forRoot()], providers: [AccountLog] });
    const watching = new Subscription();
    watching.add(
      events.subscribe(() => {
        throw new Error('a subscriber fails');
      }),
    );

    // #region observe
    watching.add(
      events
        .pipe(filter(event => event instanceof MoneyDeposited))
        .subscribe(({ cents }) => logger.log(`${cents} cents`)),
    );
    // #endregion
    await events.publish(new AccountOpened('a1'));
    await events.publish(new MoneyDeposited('a1', 5));

    expect(log).toEqual(['AccountOpened a1', 'MoneyDeposited a1', '5 cents']);
    watching.unsubscribe();
    commands.register(AccountOpened, () => undefined);
    const seen: object[] = [];
    commands.subscribe(command => seen.push(command));
    await commands.dispatch(new AccountOpened('a1'));
    expect(seen).toEqual([new AccountOpened('a1')]);
  });

  it('shows an event when its handlers have been handed it; in sequential mode before the first of them', async () => {
    const bus = new EventBus();
    bus.subscribe(() => log.push('observer'));
    bus.register(AccountOpened, async () => {
      log.push('one');
      await Promise.resolve();
      log.push('one ends');
    });
    bus.register(AccountOpened, () => log.push('two'));
    await bus.publish(new AccountOpened('a1'));
    expect(log.splice(0)).toEqual(['one', 'two', 'observer', 'one ends']);
    await bus.publish(new AccountOpened('a1'), { mode: 'sequential' });
    expect(log).toEqual(['observer', 'one', 'one ends', 'two']);
  });

  it('observers complete when the application has closed', async () => {
    const { app, events } = await start({ imports: [CqrsModule.forRoot()] });
    events.subscribe({ complete: () => log.push('complete') });
    await app.close();
    expect(log).toEqual(['complete']);
  });
});
