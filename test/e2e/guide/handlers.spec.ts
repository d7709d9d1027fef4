import { Injectable, Scope } from '@nestjs/common';
import {
  Command,
  command,
  CommandBus,
  CommandHandler,
  CqrsModule,
  defaultCommandBus,
  HandlerAlreadyRegisteredException,
  HandlerNotFoundException,
  HandlerRegistry,
  type ICommandHandler,
  type MessageContext,
  Query,
  QueryBus,
  QueryHandler,
  StreamQuery,
} from 'nestjs-cqrs';
import { scenario } from 'nestjs-cqrs/testing';
import { start } from '../../support/application.js';

// #region messages
class OpenAccount extends Command<{ accountId: string }> {
  constructor(readonly owner: string) {
    super();
  }
}

class CloseAccount extends Command {
  constructor(readonly accountId: string) {
    super();
  }
}

class GetOwner extends Query<string | null> {
  constructor(readonly accountId: string) {
    super();
  }
}

class ExportAccounts extends StreamQuery<{ accountId: string; owner: string }> {}
// #endregion

interface Account {
  readonly accountId: string;
  readonly owner: string;
}
interface Order {
  readonly orderId: string;
}

@Injectable()
class AccountStore extends Map<string, string> {}

// #region class
@CommandHandler(OpenAccount)
class OpenAccountHandler implements ICommandHandler<OpenAccount> {
  constructor(private readonly accounts: AccountStore) {}

  async execute({ owner }: OpenAccount) {
    const accountId = `a${this.accounts.size + 1}`;
    this.accounts.set(accountId, owner);
    return { accountId };
  }
}
// #endregion

// #region methods
@Injectable()
class Accounts {
  constructor(private readonly accounts: AccountStore) {}

  @CommandHandler(CloseAccount)
  close({ accountId }: CloseAccount) {
    if (!this.accounts.delete(accountId)) throw new Error(`There is no account ${accountId}.`);
  }

  @QueryHandler(GetOwner)
  ownerOf({ accountId }: GetOwner) {
    return this.accounts.get(accountId) ?? null;
  }

  @QueryHandler(ExportAccounts)
  *export() {
    for (const [accountId, owner] of this.accounts) yield { accountId, owner };
  }
}
// #endregion

const providers = [AccountStore, OpenAccountHandler, Accounts];
const startAccounts = () => start({ imports: [CqrsModule.forRoot()], providers });

describe('docs/handlers.md', () => {
  it('a command is dispatched, or executed for its result; a query is asked or streamed', async () => {
    const { commands, queries } = await startAccounts();
    // #region send
    const { accountId } = await commands.execute(new OpenAccount('Ada')); // typed { accountId: string }
    const owner = await queries.ask(new GetOwner(accountId)); // typed string | null

    const rows = [];
    for await (const row of queries.stream(new ExportAccounts())) rows.push(row);

    await commands.dispatch(new CloseAccount(accountId)); // resolves to undefined
    // #endregion
    expect(owner).toBe('Ada');
    expect(rows).toEqual([{ accountId: 'a1', owner: 'Ada' }]);
    expect(await queries.ask(new GetOwner(accountId))).toBeNull();
  });

  it('an error that a handler throws, sync or async, reaches the caller unchanged, as a rejection', async () => {
    const { commands } = await startAccounts();
    // #region errors
    const failed = commands.dispatch(new CloseAccount('a9'));
    await expect(failed).rejects.toThrow('There is no account a9.');
    // #endregion
  });

  it('a handler gets the context where it declares it', async () => {
    const seen: unknown[] = [];
    class Audit {
      async write(...entry: unknown[]) {
        seen.push(entry);
      }
    }
    // #region context
    @CommandHandler(CloseAccount)
    class CloseAccountHandler implements ICommandHandler<CloseAccount> {
      constructor(private readonly audit: Audit) {}

      async execute({ accountId }: CloseAccount, context: MessageContext) {
        await this.audit.write(accountId, context.correlationId, context.headers);
      }
    }
    // #endregion
    const { commands } = await start({ imports: [CqrsModule.forRoot()], providers: [CloseAccountHandler, Audit] });
    await commands.dispatch(new CloseAccount('a1'), { correlationId: 'c1', headers: { tenant: 't1' } });
    expect(seen).toEqual([['a1', 'c1', { tenant: 't1' }]]);
  });

  it('a handler of a base class serves its subclasses', async () => {
    class CloseAccountForGood extends CloseAccount {}
    const { app } = await startAccounts();
    await scenario(app).when(new OpenAccount('Ada')).answers({ accountId: 'a1' });
    await scenario(app).given(new CloseAccountForGood('a1')).when(new GetOwner('a1')).answers(null);
  });

  it('a handler may serve one type argument of a generic message, and have a generic base class', async () => {
    // #region generic
    class Save<T extends object> extends Command<string> {
      constructor(readonly entity: T) {
        super();
      }
    }

    @CommandHandler(Save)
    class SaveAccountHandler implements ICommandHandler<Save<Account>> {
      constructor(private readonly accounts: AccountStore) {}

      async execute({ entity }: Save<Account>) {
        this.accounts.set(entity.accountId, entity.owner);
        return entity.accountId;
      }
    }
    // #endregion
    // #region generic-base
    abstract class SaveHandler<T extends object> implements ICommandHandler<Save<T>> {
      protected abstract save(entity: T): Promise<string>;

      async execute({ entity }: Save<T>) {
        return this.save(entity);
      }
    }

    class SaveOrder extends Save<Order> {}

    @CommandHandler(SaveOrder)
    class SaveOrderHandler extends SaveHandler<Order> {
      protected async save({ orderId }: Order) {
        return orderId;
      }
    }
    // #endregion
    const { app } = await start({
      imports: [CqrsModule.forRoot()],
      providers: [AccountStore, SaveAccountHandler, SaveOrderHandler],
    });
    await scenario(app)
      .when(new Save({ accountId: 'a1', owner: 'Ada' }))
      .answers('a1');
    await scenario(app)
      .when(new SaveOrder({ orderId: 'o1' }))
      .answers('o1');
    expect(app.get(AccountStore).get('a1')).toBe('Ada');
  });

  it('a stream query is not asked', async () => {
    const { queries } = await startAccounts();
    // @ts-expect-error -- a stream query has rows, no answer
    const asked = queries.ask(new ExportAccounts());
    await expect(asked).rejects.toMatchObject({ code: 'CQRS_STREAM_QUERY_ASKED' });
  });

  it('a decorator on a static method is refused at once', () => {
    const declare = () => {
      class Accounts {
        static close(_command: CloseAccount) {}
      }
      const descriptor = Object.getOwnPropertyDescriptor(Accounts, 'close')!;
      CommandHandler(CloseAccount)(Accounts as never, 'close', descriptor);
    };
    expect(declare).toThrow(expect.objectContaining({ code: 'CQRS_INVALID_HANDLER' }));
  });

  it('a handler may be request-scoped', async () => {
    let instances = 0;
    class Transaction {
      constructor() {
        instances += 1;
      }

      async run(work: () => unknown) {
        await work();
      }
    }
    // #region scope
    @CommandHandler(CloseAccount, { scope: Scope.REQUEST })
    class CloseAccountHandler implements ICommandHandler<CloseAccount> {
      constructor(
        private readonly transaction: Transaction,
        private readonly accounts: AccountStore,
      ) {}

      async execute({ accountId }: CloseAccount) {
        await this.transaction.run(() => this.accounts.delete(accountId));
      }
    }
    // #endregion
    const { commands } = await start({
      imports: [CqrsModule.forRoot()],
      providers: [
        AccountStore,
        CloseAccountHandler,
        { provide: Transaction, useClass: Transaction, scope: Scope.REQUEST },
      ],
    });
    await commands.dispatch(new CloseAccount('a1'));
    await commands.dispatch(new CloseAccount('a1'));
    expect(instances).toBe(2);
  });

  it('a function is registered at run time and taken back', async () => {
    const { commands } = await start({ imports: [CqrsModule.forRoot()] });
    const closed: string[] = [];
    const cache = { delete: (accountId: string) => closed.push(accountId) };
    // #region register
    const unregister = commands.register(CloseAccount, ({ accountId }) => cache.delete(accountId));
    await commands.dispatch(new CloseAccount('a1'));
    unregister();
    // #endregion
    expect(closed).toEqual(['a1']);
    await expect(commands.dispatch(new CloseAccount('a1'))).rejects.toThrow(HandlerNotFoundException);
  });

  it('buses work without Nest', async () => {
    const seen: string[] = [];
    const logger = { log: (text: string) => seen.push(text) };
    // #region standalone
    const registry = new HandlerRegistry();
    registry.register(GetOwner, ({ accountId }) => (accountId === 'a1' ? 'Ada' : null));

    const queries = new QueryBus({
      registry,
      middleware: [
        (message, next) => {
          logger.log(message.constructor.name);
          return next(message);
        },
      ],
    });
    const owner = await queries.ask(new GetOwner('a1'));
    // #endregion
    expect(owner).toBe('Ada');
    expect(seen).toEqual(['GetOwner']);
    expect(queries.registry.size).toBe(1);
    expect(queries.registry.has(GetOwner)).toBe(true);
    expect(() => registry.register(GetOwner, () => null)).toThrow(HandlerAlreadyRegisteredException);
    expect(() => registry.get(ExportAccounts)).toThrow(HandlerNotFoundException);
  });

  it('functions can serve the default buses, or a bus that is named', async () => {
    const bus = new CommandBus();
    const closed: string[] = [];
    const cache = { delete: (accountId: string) => closed.push(accountId) };
    // #region default-buses
    const close = command(CloseAccount)(async ({ accountId }) => void cache.delete(accountId));
    const closeHere = command(CloseAccount, bus)(close);

    await defaultCommandBus.dispatch(new CloseAccount('a1'));
    // #endregion
    expect(closed).toEqual(['a1']);
    expect(closeHere).toBe(close);
    expect(defaultCommandBus.registry.get(CloseAccount)).toBe(close);
    expect(bus.registry.get(CloseAccount)).toBe(close);
  });
});
