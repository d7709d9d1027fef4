import { Injectable } from '@nestjs/common';
import {
  AggregateRoot,
  AsyncContext,
  Command,
  CommandBus,
  CommandHandler,
  CqrsModule,
  Event,
  EventPublisher,
  EventsHandler,
  type IEventPublisher,
  On,
  Publishable,
  WithAggregateRoot,
} from 'nestjs-cqrs';
import { scenario, scenarioOf } from 'nestjs-cqrs/testing';
import { start } from '../../support/application.js';

// #region aggregate
class AccountOpened extends Event {
  constructor(readonly owner: string) {
    super();
  }
}
class MoneyDeposited extends Event {
  constructor(readonly cents: number) {
    super();
  }
}

class Account extends AggregateRoot {
  balance = 0;
  owner: string | undefined;

  constructor(readonly id: string) {
    super();
  }

  deposit(cents: number) {
    if (cents <= 0) throw new Error('A deposit is more than nothing.');
    this.apply(new MoneyDeposited(cents));
  }

  @On(MoneyDeposited)
  add({ cents }: MoneyDeposited) {
    this.balance += cents;
  }

  onAccountOpened({ owner }: AccountOpened) {
    this.owner = owner;
  }
}
// #endregion

const accounts = new Map<string, Account>();
const log: string[] = [];
beforeEach(() => {
  accounts.clear();
  accounts.set('a1', new Account('a1'));
  log.splice(0);
});

class Deposit extends Command {
  constructor(
    readonly accountId: string,
    readonly cents: number,
  ) {
    super();
  }
}

// #region commit
@CommandHandler(Deposit)
class DepositHandler {
  constructor(private readonly publisher: EventPublisher) {}

  async execute({ accountId, cents }: Deposit) {
    const account = this.publisher.mergeObjectContext(accounts.get(accountId)!);
    account.deposit(cents);
    await account.commit();
  }
}
// #endregion

@EventsHandler(MoneyDeposited)
class DepositLog {
  async handle({ cents }: MoneyDeposited) {
    await Promise.resolve();
    log.push(`deposited ${cents}`);
  }
}

const run = (options = {}) =>
  start({ imports: [CqrsModule.forRoot(options)], providers: [DepositHandler, DepositLog] });

/** A store that fails as often as it is told. */
class Store implements IEventPublisher {
  readonly stored: object[] = [];
  failures = 0;

  async publishAll(events: object[]) {
    await Promise.resolve();
    if (this.failures-- > 0) throw new Error('The store is down.');
    this.stored.push(...events);
  }

  publish(event: object) {
    return this.publishAll([event]);
  }
}

describe('docs/aggregates.md: apply', () => {
  it('calls the method that @On names, else the one named after the event, and records the event', () => {
    const opened = scenarioOf(() => new Account('a1')).when(account => {
      account.apply(new AccountOpened('Ada'));
      account.deposit(5);
    });
    opened.records(new AccountOpened('Ada'), new MoneyDeposited(5));
    expect(opened.aggregate).toMatchObject({ owner: 'Ada', balance: 5 });
  });

  it('records nothing if the method throws', () => {
    class Refusing extends AggregateRoot {
      onMoneyDeposited() {
        throw new Error('no');
      }
    }
    const refused = scenarioOf(Refusing).when(refusing => refusing.apply(new MoneyDeposited(5)));
    refused.fails('no');
    refused.nothing();
  });

  it('skipHandler records alone, fromHistory handles alone', () => {
    const account = new Account('a1');
    account.apply(new MoneyDeposited(5), { skipHandler: true });
    expect(account.balance).toBe(0);
    account.apply(new MoneyDeposited(5), { fromHistory: true });
    expect(account.balance).toBe(5);
    expect(account.getUncommittedEvents()).toHaveLength(1);
  });
});

describe('docs/aggregates.md: commit', () => {
  it('resolves when all handlers of the events have settled', async () => {
    const { commands } = await run();
    await commands.dispatch(new Deposit('a1', 5));
    expect(log).toEqual(['deposited 5']);
    expect(accounts.get('a1')!.getUncommittedEvents()).toEqual([]);
  });

  it('keeps the events when publishing fails; the next commit publishes them, each once and in order', async () => {
    const store = new Store();
    const { app } = await run({ eventPublisher: store });
    const account = app.get(EventPublisher).mergeObjectContext(new Account('a1'));
    store.failures = 1;

    account.deposit(1);
    await expect(account.commit()).rejects.toThrow('The store is down.');
    expect(account.getUncommittedEvents()).toEqual([new MoneyDeposited(1)]);
    account.deposit(2);
    await account.commit();

    expect(store.stored).toEqual([new MoneyDeposited(1), new MoneyDeposited(2)]);
  });

  it('of several events, keeps only those that were not accepted', async () => {
    const published: object[] = [];
    const publish = async (event: MoneyDeposited) => {
      if (event.cents === 2 && published.length < 3) throw new Error('not that one');
      published.push(event);
    };
    const { app } = await run({ eventPublisher: { publish } });
    const account = app.get(EventPublisher).mergeObjectContext(new Account('a1'));
    for (const cents of [1, 2, 3]) account.deposit(cents);

    await expect(account.commit()).rejects.toThrow('not that one');
    expect(account.getUncommittedEvents()).toEqual([new MoneyDeposited(2)]);
  });

  it('publishes events that are applied while it runs with the next commit', async () => {
    const store = new Store();
    const { app } = await run({ eventPublisher: store });
    const account = app.get(EventPublisher).mergeObjectContext(new Account('a1'));

    account.deposit(1);
    const first = account.commit();
    account.deposit(2);
    await first;
    expect(account.getUncommittedEvents()).toEqual([new MoneyDeposited(2)]);
    await account.commit();

    expect(store.stored).toEqual([new MoneyDeposited(1), new MoneyDeposited(2)]);
  });

  it('rejects with what handlers throw only where the bus is told to throw; the events were accepted', async () => {
    const { app, events } = await run({ events: { onError: 'throw' } });
    events.register(MoneyDeposited, () => Promise.reject(new Error('a handler fails')));
    const account = app.get(EventPublisher).mergeObjectContext(new Account('a1'));
    account.deposit(1);
    await expect(account.commit()).rejects.toThrow('a handler fails');
    expect(account.getUncommittedEvents()).toEqual([]);
  });

  it('of an aggregate without a publisher publishes nowhere', async () => {
    await run();
    const account = new Account('a1');
    account.deposit(1);
    await account.commit();
    expect(log).toEqual([]);
    expect(account.getUncommittedEvents()).toEqual([]);
  });
});

describe('docs/aggregates.md: autoCommit and history', () => {
  it('autoCommit publishes what is applied, never what comes from history', async () => {
    const { app } = await run();
    const account = app.get(EventPublisher).mergeObjectContext(new Account('a1'));
    account.autoCommit = true;

    // #region history
    account.loadFromHistory([new AccountOpened('Ada'), new MoneyDeposited(100)]);
    // #endregion
    account.deposit(5);
    await new Promise(resolve => setImmediate(resolve));

    expect(account.balance).toBe(105);
    expect(log).toEqual(['deposited 5']);
  });

  it('autoCommit keeps what could not be published for commit()', async () => {
    const store = new Store();
    store.failures = 1;
    const { app } = await run({ eventPublisher: store });
    const account = app.get(EventPublisher).mergeObjectContext(new Account('a1'));
    account.autoCommit = true;
    account.deposit(5);
    await new Promise(resolve => setImmediate(resolve));
    expect(account.getUncommittedEvents()).toEqual([new MoneyDeposited(5)]);
    await account.commit();
    expect(store.stored).toEqual([new MoneyDeposited(5)]);
  });

  it('pullEvents removes and returns the events, for example to store them', async () => {
    const account = new Account('a1');
    account.deposit(5);
    // #region pull
    const events = account.pullEvents();
    // #endregion
    expect(events).toEqual([new MoneyDeposited(5)]);
    expect(account.pullEvents()).toEqual([]);
  });
});

describe('docs/aggregates.md: ways to connect', () => {
  it('mergeClassContext makes a class whose instances publish', async () => {
    // #region merge-class
    @Injectable()
    class AccountFactory {
      private readonly Account: typeof Account;

      constructor(publisher: EventPublisher) {
        this.Account = publisher.mergeClassContext(Account);
      }

      open(id: string): Account {
        return new this.Account(id);
      }
    }
    // #endregion
    const { app } = await start({
      imports: [CqrsModule.forRoot()],
      providers: [AccountFactory, DepositLog],
    });
    const deposit = (account: Account, cents: number) => async () => {
      account.deposit(cents);
      await account.commit();
    };
    const account = app.get(AccountFactory).open('a1');
    expect(account).toBeInstanceOf(Account);
    await scenario(app).when(deposit(account, 5)).publishes(new MoneyDeposited(5));
    expect(log).toEqual(['deposited 5']);
    await scenario(app)
      .when(deposit(new Account('a1'), 7))
      .nothing();
  });

  it('@Publishable publishes to the application that started last, of those that run', async () => {
    // #region publishable
    @Publishable()
    class Ledger extends AggregateRoot {
      book(cents: number) {
        this.apply(new MoneyDeposited(cents));
      }
    }
    // #endregion
    const seen: string[] = [];
    const first = await start({ imports: [CqrsModule.forRoot()] });
    first.events.register(MoneyDeposited, ({ cents }) => void seen.push(`first ${cents}`));
    const second = await start({ imports: [CqrsModule.forRoot()] });
    second.events.register(MoneyDeposited, ({ cents }) => void seen.push(`second ${cents}`));
    const ledger = new Ledger();

    ledger.book(1);
    await ledger.commit();
    first.app.get(EventPublisher).mergeObjectContext(ledger).book(2);
    await ledger.commit();
    await second.app.close();
    const other = new Ledger();
    other.book(3);
    await other.commit();

    expect(seen).toEqual(['second 1', 'first 2', 'first 3']);
    await first.app.close();
    other.book(4);
    await expect(other.commit()).rejects.toMatchObject({ code: 'CQRS_NO_EVENT_BUS' });
    expect(other.getUncommittedEvents()).toEqual([new MoneyDeposited(4)]);
  });

  it('WithAggregateRoot makes an aggregate of a class that extends something else', async () => {
    class Entity {
      constructor(readonly id: string) {}
    }
    // #region mixin
    class Invoice extends WithAggregateRoot(Entity) {
      pay() {
        this.apply(new MoneyDeposited(1));
      }
    }
    // #endregion
    const { app } = await run();
    const invoice = app.get(EventPublisher).mergeObjectContext(new Invoice('i1'));
    invoice.pay();
    await invoice.commit();
    expect(invoice.id).toBe('i1');
    expect(log).toEqual(['deposited 1']);
  });

  it('instances that an ORM makes without the constructor, and frozen ones, are aggregates too', async () => {
    const { app } = await run();
    const publisher = app.get(EventPublisher);
    const made = publisher.mergeObjectContext(
      Object.assign(Object.create(Account.prototype) as Account, { balance: 1 }),
    );
    made.deposit(5);
    await made.commit();

    class Counter extends AggregateRoot {
      count() {
        this.apply(new MoneyDeposited(6));
      }
    }
    const frozen = publisher.mergeObjectContext(Object.freeze(new Counter()));
    frozen.count();
    await frozen.commit();

    expect(made.balance).toBe(6);
    expect(log).toEqual(['deposited 5', 'deposited 6']);
  });

  it('an AsyncContext given to mergeObjectContext serves the handlers of the events', async () => {
    const { app, events } = await run();
    const contexts: unknown[] = [];
    events.register(MoneyDeposited, (_event, context) => void contexts.push(context.scope));
    const asyncContext = new AsyncContext();
    const account = app.get(EventPublisher).mergeObjectContext(new Account('a1'), asyncContext);
    account.deposit(1);
    await account.commit();
    expect(contexts).toEqual([asyncContext]);
    expect(app.get(CommandBus)).toBeDefined();
  });
});
