import { ConflictException, Injectable, NotFoundException } from '@nestjs/common';
import { and, eq } from 'drizzle-orm';
import { PgliteDatabase } from 'drizzle-orm/pglite';
import { CommandHandler, CqrsModule, EventPublisher } from 'nestjs-cqrs';
import { scenario, track } from 'nestjs-cqrs/testing';
import { start } from '../../support/application.js';
import {
  Account,
  AccountOpened,
  accounts,
  Deposit,
  MoneyMoved,
  OpenAccount,
  Transfer,
} from './aggregate-with-drizzle/account.js';
import { sharedDatabase } from './shared-database.js';

// #region repository
@Injectable()
class AccountRepository {
  constructor(
    private readonly database: PgliteDatabase,
    private readonly publisher: EventPublisher,
  ) {}

  async find(id: string): Promise<Account> {
    const [row] = await this.database.select().from(accounts).where(eq(accounts.id, id));
    if (!row) throw new NotFoundException(`There is no account ${id}.`);
    return this.connected(new Account(row.id, row.balance, row.version));
  }

  open(id: string): Account {
    return this.connected(Account.open(id));
  }

  /** Writes the state, unless another command has changed the row since it was loaded. Call `commit()` afterwards. */
  async save(account: Account, database: Pick<PgliteDatabase, 'insert' | 'update'> = this.database): Promise<void> {
    const { id, balance, version } = account;
    const row = { id, balance, version: version + 1 };
    const written =
      version === 0
        ? await database.insert(accounts).values(row).onConflictDoNothing().returning()
        : await database
            .update(accounts)
            .set(row)
            .where(and(eq(accounts.id, id), eq(accounts.version, version)))
            .returning();
    if (written.length === 0) throw new ConflictException(`Account ${id} was changed meanwhile.`);
    account.version = row.version;
  }

  private connected(account: Account): Account {
    return this.publisher.mergeObjectContext(account);
  }
}
// #endregion

// #region handlers
@Injectable()
class AccountCommands {
  constructor(private readonly repository: AccountRepository) {}

  @CommandHandler(OpenAccount)
  async open({ accountId }: OpenAccount) {
    const account = this.repository.open(accountId);
    await this.repository.save(account);
    await account.commit();
  }

  @CommandHandler(Deposit)
  async deposit({ accountId, cents }: Deposit) {
    const account = await this.repository.find(accountId);
    account.move(cents);
    await this.repository.save(account);
    await account.commit();
  }
}
// #endregion

// #region transfer
@CommandHandler(Transfer)
class TransferHandler {
  constructor(
    private readonly database: PgliteDatabase,
    private readonly repository: AccountRepository,
  ) {}

  async execute({ from, to, cents }: Transfer) {
    const payer = await this.repository.find(from);
    const payee = await this.repository.find(to);
    payer.move(-cents);
    payee.move(cents);
    await this.database.transaction(async transaction => {
      await this.repository.save(payer, transaction);
      await this.repository.save(payee, transaction);
    });
    await payer.commit();
    await payee.commit();
  }
}
// #endregion

describe('docs/recipes/aggregate-with-drizzle.md', () => {
  const database = sharedDatabase(
    'CREATE TABLE accounts (id text PRIMARY KEY, balance integer NOT NULL, version integer NOT NULL)',
  );

  async function bank() {
    const { app, commands } = await start({
      imports: [CqrsModule.forRoot(), database],
      providers: [AccountRepository, AccountCommands, TransferHandler],
    });
    const rows = () => app.get(PgliteDatabase, { strict: false }).select().from(accounts).orderBy(accounts.id);
    return { app, commands, rows, repository: app.get(AccountRepository) };
  }

  it('loads, changes and saves an aggregate, then publishes its events', async () => {
    const { app, rows } = await bank();
    await scenario(app).when(new OpenAccount('a1')).publishes(new AccountOpened('a1'));
    await scenario(app).when(new Deposit('a1', 500)).publishes(new MoneyMoved('a1', 500));
    expect(await rows()).toEqual([{ id: 'a1', balance: 500, version: 2 }]);
  });

  it('publishes nothing that was not saved', async () => {
    const { app, commands, rows } = await bank();
    await commands.dispatch(new OpenAccount('a1'));
    for (const { published } of [
      await scenario(app).when(new OpenAccount('a1')).fails(ConflictException),
      await scenario(app).when(new Deposit('a2', 1)).fails(NotFoundException),
      await scenario(app).when(new Deposit('a1', -1)).fails('not enough money'),
    ])
      expect(published).toEqual([]);
    expect(await rows()).toEqual([{ id: 'a1', balance: 0, version: 1 }]);
  });

  it('of two that were loaded at the same version, one is saved', async () => {
    const { commands, rows, repository } = await bank();
    await commands.dispatch(new OpenAccount('a1'));
    const [one, other] = [await repository.find('a1'), await repository.find('a1')];
    one.move(1);
    other.move(10);
    await repository.save(one);
    await expect(repository.save(other)).rejects.toThrow('Account a1 was changed meanwhile.');
    expect(await rows()).toEqual([{ id: 'a1', balance: 1, version: 2 }]);
  });

  it('commands at once lose no money: each is saved and published, or refused', async () => {
    const { app, commands, rows } = await bank();
    await commands.dispatch(new OpenAccount('a1'));
    const { result, published } = await track(app).run(() =>
      Promise.allSettled(Array.from({ length: 10 }, () => commands.dispatch(new Deposit('a1', 1)))),
    );
    const saved = result.filter(({ status }) => status === 'fulfilled').length;
    expect(saved).toBeGreaterThan(0);
    expect(await rows()).toEqual([{ id: 'a1', balance: saved, version: saved + 1 }]);
    expect(published.messages).toEqual(Array.from({ length: saved }, () => new MoneyMoved('a1', 1)));
  });

  it('saves two aggregates in one transaction, and publishes after it', async () => {
    const { app, rows, repository } = await bank();
    await scenario(app)
      .given(new OpenAccount('a1'), new OpenAccount('a2'), new Deposit('a1', 10))
      .when(new Transfer('a1', 'a2', 4))
      .publishes(new MoneyMoved('a1', -4), new MoneyMoved('a2', 4));
    expect((await rows()).map(({ balance }) => balance)).toEqual([6, 4]);

    const save = repository.save.bind(repository);
    repository.save = async (account, transaction) => {
      await save(account, transaction);
      // Between the two, another command changes the second account.
      if (account.id === 'a1') await transaction!.update(accounts).set({ version: 9 }).where(eq(accounts.id, 'a2'));
    };
    const { published } = await scenario(app)
      .when(new Transfer('a1', 'a2', 1))
      .fails('Account a2 was changed meanwhile.');
    expect((await rows()).map(({ balance }) => balance)).toEqual([6, 4]);
    expect(published).toEqual([]);
  });
});
