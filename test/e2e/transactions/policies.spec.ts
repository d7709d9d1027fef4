import { Injectable } from '@nestjs/common';
import { Pool } from 'pg';
import { Command, CommandHandler, CqrsModule, Idempotent, Message, Sequential, type PolicyOptions } from 'nestjs-cqrs';
import { Transactional } from 'nestjs-cqrs/extension';
// Jest cannot load nestjs-cls, which the index of nestjs-cqrs/transactional imports.
import { PgLocks } from '../../../lib/integrations/transactional/pg-locks.js';
import { PgResults } from '../../../lib/integrations/transactional/pg-results.js';
import { codesOf, start } from '../../support/application.js';
import { newSchema } from '../../support/pg-bosses.js';
import { describeWithPostgres } from '../../support/postgres.js';
import { pending, soon, until } from '../../support/waiting.js';
import { PgTransactions } from './pg-transactions.js';

@Message({ name: 'money' })
class Money {
  constructor(readonly cents: bigint) {}
}

@Transactional()
@Idempotent({ key: (command: Charge) => command.requestId })
class Charge extends Command<unknown> {
  constructor(
    readonly requestId: string,
    readonly answer: () => unknown = () => 'charged',
  ) {
    super();
  }
}

@Transactional()
@Idempotent({ key: (command: Brief) => command.requestId, keep: 3_600_000 })
class Brief extends Command {
  constructor(readonly requestId: string) {
    super();
  }
}

@Transactional()
@Sequential((command: Deposit) => command.account)
class Deposit extends Command {
  constructor(readonly account: string) {
    super();
  }
}

@Idempotent({ key: () => 'one' })
@Transactional()
class MisplacedResult extends Command {}

@Sequential(() => 'one')
@Transactional()
class MisplacedLock extends Command {}

@Injectable()
class Handlers {
  ran = 0;
  work = async (): Promise<void> => undefined;

  constructor(private readonly transactions: PgTransactions) {}

  @CommandHandler(Charge)
  async charge({ requestId, answer }: Charge) {
    this.ran++;
    await this.transactions.client.query('INSERT INTO effects VALUES ($1)', [requestId]);
    await this.work();
    return answer();
  }

  @CommandHandler(Brief)
  async brief({ requestId }: Brief) {
    await this.transactions.client.query('INSERT INTO effects VALUES ($1)', [requestId]);
  }

  @CommandHandler(Deposit)
  async deposit({ account }: Deposit) {
    const { client } = this.transactions;
    const { rows } = await client.query<{ cents: number }>('SELECT cents FROM accounts WHERE id = $1', [account]);
    await soon();
    await client.query('UPDATE accounts SET cents = $2 WHERE id = $1', [account, rows[0]!.cents + 1]);
  }

  @CommandHandler(MisplacedResult)
  async result() {}

  @CommandHandler(MisplacedLock)
  async lock() {}
}

describeWithPostgres('Policies in PostgreSQL', postgres => {
  const schema = newSchema();
  const pools: Pool[] = [];
  const results = new PgResults({ table: `${schema}.results` });

  /** As another process would: with a pool, stores and locks of its own. */
  const application = async (
    policies: PolicyOptions = { results: new PgResults({ table: `${schema}.results` }), locks: new PgLocks() },
  ) => {
    const pool = new Pool({ connectionString: postgres.url, max: 10, options: `-c search_path=${schema}` });
    pool.on('error', () => undefined);
    pools.push(pool);
    const transactions = new PgTransactions(pool);
    const started = await start({
      imports: [CqrsModule.forRoot({ unitOfWork: transactions, policies, messages: [Money] })],
      providers: [Handlers, { provide: PgTransactions, useValue: transactions }],
    });
    return { ...started, pool, handlers: started.app.get(Handlers) };
  };

  const effects = async (id?: string) =>
    (await pools[0]!.query('SELECT id FROM effects WHERE id = coalesce($1, id)', [id])).rows.length;

  beforeAll(async () => {
    const pool = new Pool({ connectionString: postgres.url, options: `-c search_path=${schema}` });
    pool.on('error', () => undefined);
    pools.push(pool);
    await pool.query(`CREATE SCHEMA ${schema}`);
    await pool.query('CREATE TABLE effects (id text); CREATE TABLE accounts (id text, cents integer)');
    await Promise.all([1, 2, 3, 4].map(() => results.createTable(pool)));
  }, 60_000);
  afterAll(() => Promise.all(pools.map(pool => pool.end())));

  it('1,000 commands with 100 keys in two applications at once: 100 effects', async () => {
    const both = [await application(), await application()];
    const sent = Array.from({ length: 1_000 }, (_, i) =>
      both[i % 2]!.commands.execute(new Charge(`many ${i % 100}`, () => i % 100)),
    );
    expect(await Promise.all(sent)).toEqual(Array.from({ length: 1_000 }, (_, i) => i % 100));
    expect(await effects()).toBe(100);
    expect(both[0]!.handlers.ran + both[1]!.handlers.ran).toBe(100);
  }, 60_000);

  it('100 commands of 5 keys in two applications at once run one after another: no update is lost', async () => {
    const both = [await application(), await application()];
    await pools[0]!.query('INSERT INTO accounts SELECT i::text, 0 FROM generate_series(0, 4) AS i');
    await Promise.all(Array.from({ length: 100 }, (_, i) => both[i % 2]!.commands.dispatch(new Deposit(`${i % 5}`))));
    const { rows } = await pools[0]!.query<{ cents: number }>('SELECT cents FROM accounts');
    expect(rows.map(({ cents }) => cents)).toEqual([20, 20, 20, 20, 20]);
  }, 60_000);

  it.each<[string, unknown]>([
    ['a date and a class', { at: new Date(5), total: new Money(12n) }],
    ['undefined', undefined],
    ['null', null],
    ['a text', 'it\u0000s'],
    ['a list', [1, 'a', undefined, -0]],
  ])('answers %s as it was', async (name, result) => {
    const { commands, handlers } = await application();
    const first = await commands.execute(new Charge(name, () => result));
    const second = await commands.execute(new Charge(name, () => 'another'));
    expect([first, second]).toStrictEqual([result, result]);
    expect(handlers.ran).toBe(1);
  });

  it('effect and result are committed together: after a failure there is neither', async () => {
    const { commands, handlers } = await application();
    handlers.work = () => (handlers.ran === 1 ? Promise.reject(new Error('declined')) : Promise.resolve());
    await expect(commands.execute(new Charge('failing'))).rejects.toThrow('declined');
    expect(await effects('failing')).toBe(0);
    await commands.execute(new Charge('failing'));
    await commands.execute(new Charge('failing'));
    expect([handlers.ran, await effects('failing')]).toEqual([2, 1]);
  });

  it('a result that cannot be written rolls back, and says so', async () => {
    const { commands } = await application();
    const failing = commands.execute(new Charge('function', () => ({ run: () => undefined })));
    await expect(failing).rejects.toThrow('the result of Charge');
    await expect(failing).rejects.toThrow('Let the handler return nothing, or plain data.');
    expect(await effects('function')).toBe(0);
  });

  it('a caller that gives up waits no longer, while the first goes on', async () => {
    const [one, two] = [await application(), await application()];
    const first = pending();
    one.handlers.work = () => first.promise;
    const running = one.commands.execute(new Charge('held'));
    await until(() => one.handlers.ran === 1);
    const waiting = two.commands.execute(new Charge('held'), { timeout: 50 });
    await expect(waiting).rejects.toMatchObject({ code: 'CQRS_TIMEOUT' });
    first.finish();
    expect(await running).toBe('charged');
    expect(await two.commands.execute(new Charge('held'))).toBe('charged');
    expect([two.handlers.ran, await effects('held')]).toEqual([0, 1]);
  });

  it('a result whose time is over is not answered, and is deleted', async () => {
    const { commands, pool } = await application();
    const age = () => pool.query("UPDATE results SET expires_at = now() - interval '1 second' WHERE name = 'Brief'");
    const kept = async () =>
      (await pool.query("SELECT expires_at - stored_at = interval '1 hour' AS ok FROM results WHERE name = 'Brief'"))
        .rows;
    await commands.dispatch(new Brief('brief'));
    expect(await kept()).toEqual([{ ok: true }]);
    await age();
    await commands.dispatch(new Brief('brief'));
    expect([await effects('brief'), await kept()]).toEqual([2, [{ ok: true }]]);
    await age();
    expect([await results.deleteExpired(pool), await kept()]).toEqual([1, []]);
    await commands.dispatch(new Brief('old'));
    await age();
    // The first result that a process stores.
    const other = await application();
    await other.commands.execute(new Charge('sweeping'));
    expect(await kept()).toEqual([]);
  });

  it.each([new MisplacedResult(), new MisplacedLock()])(
    'above @Transactional() it says what to do: %p',
    async command => {
      const { commands } = await application();
      const decorator = command instanceof MisplacedResult ? '@Idempotent' : '@Sequential';
      await expect(commands.dispatch(command)).rejects.toMatchObject({
        code: 'CQRS_POLICY_ORDER',
        remedy: `Put @Transactional() above ${decorator}, both on the message class or both on the handler.`,
      });
    },
  );

  it('in memory, it is the other way round', async () => {
    const { commands } = await application({});
    await commands.dispatch(new MisplacedResult());
    await commands.dispatch(new MisplacedLock());
    for (const command of [new Charge('memory'), new Deposit('0')])
      await expect(commands.dispatch(command)).rejects.toMatchObject({ code: 'CQRS_POLICY_ORDER' });
    expect(await effects('memory')).toBe(0);
  });

  it('an application without a unit of work does not start', async () => {
    const policies = { results, locks: new PgLocks() };
    const codes = await codesOf({ imports: [CqrsModule.forRoot({ policies })] });
    expect(codes).toEqual(['CQRS_NO_UNIT_OF_WORK', 'CQRS_NO_UNIT_OF_WORK']);
  });

  it.each([[{ table: '' }], [{ table: 'a b' }], [{ table: 'a.b.c' }], [{ table: 5 }], [{ tables: 'x' }]])(
    'refuses the options %j',
    options => {
      expect(() => new PgResults(options as never)).toThrow(expect.objectContaining({ code: 'CQRS_INVALID_OPTIONS' }));
    },
  );

  it('says how to make the table of results, if it is missing', async () => {
    const missing = new PgResults({ table: `${schema}.missing` });
    const { commands } = await application({ results: missing, locks: new PgLocks() });
    await expect(commands.execute(new Charge('no table'))).rejects.toMatchObject({
      code: 'CQRS_INVALID_OPTIONS',
      what: expect.stringContaining(`The table ${schema}.missing`),
      remedy: expect.stringContaining('createTable()'),
    });
  });

  it('refuses what runs no SQL', async () => {
    await expect(results.createTable({})).rejects.toMatchObject({ code: 'CQRS_NO_TRANSACTION' });
  });
});
