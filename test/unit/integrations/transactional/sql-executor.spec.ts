import { executorOf, type SqlExecutor } from '../../../../lib/integrations/transactional/sql-executor.js';

const ROWS = [{ one: 1 }];

/** Notes how it was called. */
function called(answer: unknown) {
  const calls: unknown[][] = [];
  return {
    calls,
    answer: (...given: unknown[]) => {
      calls.push(given);
      return Promise.resolve(answer);
    },
  };
}

const run = (transaction: object) => (executorOf(transaction) as SqlExecutor).executeSql('SELECT $1', [1]);

describe('executorOf()', () => {
  it.each([
    ['pg', { rows: ROWS }, (query: unknown) => ({ query })],
    ['Drizzle over pg', { rows: ROWS }, (query: unknown) => ({ _: { session: { client: { query } } } })],
  ])('runs SQL with %s', async (_library, answer, make) => {
    const query = called(answer);
    expect(await run(make(query.answer))).toEqual({ rows: ROWS });
    expect(query.calls).toEqual([['SELECT $1', [1]]]);
  });

  it('takes named statements where the client is one of pg', async () => {
    const pg = called({ rows: ROWS });
    const client = { query: pg.answer, getTransactionStatus: () => 'T' };
    const statement = { name: 'one', text: 'SELECT $1' };
    for (const transaction of [client, { _: { session: { client } } }])
      expect(await (executorOf(transaction) as SqlExecutor).executeNamed!(statement, [1])).toEqual({ rows: ROWS });
    await run(client);
    expect(pg.calls).toEqual([
      [statement, [1]],
      [statement, [1]],
      ['SELECT $1', [1]],
    ]);
    expect(executorOf({ query: pg.answer })).not.toHaveProperty('executeNamed');
  });

  it('runs SQL with TypeORM, whose rows are elsewhere for each kind of statement', async () => {
    const query = called({ records: ROWS, affected: 1 });
    expect(await run({ query: () => undefined, queryRunner: { query: query.answer } })).toEqual({ rows: ROWS });
    expect(query.calls).toEqual([['SELECT $1', [1], true]]);
    expect(await run({ queryRunner: { query: called({}).answer } })).toEqual({ rows: [] });
  });

  it('runs SQL with Prisma, and with Drizzle over postgres.js', async () => {
    const [prisma, postgres] = [called(ROWS), called(ROWS)];
    expect(await run({ $queryRawUnsafe: prisma.answer })).toEqual({ rows: ROWS });
    expect(prisma.calls).toEqual([['SELECT $1', 1]]);
    expect(await run({ _: { session: { client: { unsafe: postgres.answer } } } })).toEqual({ rows: ROWS });
    expect(postgres.calls).toEqual([['SELECT $1', [1]]]);
  });

  it.each([{ executeSql: () => undefined }, { other: true }])('leaves %o as it is', transaction => {
    expect(executorOf(transaction)).toBe(transaction);
  });

  it('knows of a client of pg how its transaction is, also by way of TypeORM and Drizzle', () => {
    const query = () => undefined;
    const statesOf = (wrap: (client: object) => object) =>
      ['T', 'E', 'I', null].map(status =>
        (executorOf(wrap({ query, getTransactionStatus: () => status })) as SqlExecutor).state!(),
      );
    const states = ['open', 'failed', 'ended', 'open'];
    expect(statesOf(client => client)).toEqual(states);
    expect(statesOf(databaseConnection => ({ queryRunner: { query, databaseConnection } }))).toEqual(states);
    expect(statesOf(client => ({ _: { session: { client } } }))).toEqual(states);
    // The error of a statement comes before the status that it leaves.
    const failing = { query, getTransactionStatus: () => 'T', readyForQuery: false };
    expect((executorOf(failing) as SqlExecutor).state!()).toBe('busy');
    expect('state' in executorOf({ query })).toBe(false);
    expect('state' in executorOf({ queryRunner: { query, databaseConnection: {} } })).toBe(false);
  });
});
