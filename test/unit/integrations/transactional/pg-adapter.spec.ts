import { PgTransactionalAdapter } from '../../../../lib/integrations/transactional/pg-adapter.js';
import type { PgClient, PgPool } from '../../../../lib/integrations/transactional/pg-client.js';

const failure = new Error('failed');

/** A pool whose client answers as the test says. */
function pool(answers: Readonly<Record<string, () => unknown>> = {}) {
  const said: string[] = [];
  const released: unknown[] = [];
  const client: PgClient = {
    query: async statement => {
      const text = statement as string;
      said.push(text);
      return (answers[text]?.() ?? { rows: [], command: text }) as Awaited<ReturnType<PgClient['query']>>;
    },
    release: broken => void released.push(broken),
  };
  const made: PgPool = { connect: async () => client, query: client.query };
  const adapter = new PgTransactionalAdapter({
    poolToken: 'POOL',
    defaultTxOptions: { isolationLevel: 'serializable' },
  });
  return { said, released, client, adapter, pool: made, options: adapter.optionsFactory(made) };
}

const refuse = () => {
  throw failure;
};

describe('The adapter for pg', () => {
  it('commits, and gives the client back', async () => {
    const { said, released, adapter, options, pool: given } = pool();
    const clients: unknown[] = [];
    expect(
      await options.wrapWithTransaction(
        {},
        async () => 'result',
        made => clients.push(made),
      ),
    ).toBe('result');
    expect([said, released, clients]).toEqual([['BEGIN', 'COMMIT'], [false], [expect.any(Object)]]);
    expect([adapter.connectionToken, adapter.defaultTxOptions]).toEqual(['POOL', { isolationLevel: 'serializable' }]);
    expect(options.getFallbackInstance()).toBe(given);
  });

  it('begins with the isolation that it is told', async () => {
    const { said, options } = pool();
    await options.wrapWithTransaction(
      { isolationLevel: 'repeatable read' },
      async () => undefined,
      () => undefined,
    );
    expect(said[0]).toBe('BEGIN ISOLATION LEVEL repeatable read');
  });

  it.each(['BEGIN', 'COMMIT'])('rolls back if %s fails', async text => {
    const { said, released, options } = pool({ [text]: refuse });
    const run = options.wrapWithTransaction(
      {},
      async () => undefined,
      () => undefined,
    );
    await expect(run).rejects.toBe(failure);
    expect([said.at(-1), released]).toEqual(['ROLLBACK', [false]]);
  });

  it('listens to errors of new clients that tell of them, before they are given away', () => {
    const listeners: ((client: object) => void)[] = [];
    const { adapter, pool: made } = pool();
    adapter.optionsFactory(Object.assign(made, { on: (_event: string, told: () => void) => listeners.push(told) }));
    const heard: unknown[] = [];
    listeners[0]!({ on: (event: string) => heard.push(event) });
    // Of another library.
    listeners[0]!({});
    expect(heard).toEqual(['error']);
  });

  it('rejects if PostgreSQL answers the commit with a rollback', async () => {
    const { options } = pool({ COMMIT: () => ({ rows: [], command: 'ROLLBACK' }) });
    const run = options.wrapWithTransaction(
      {},
      async () => undefined,
      () => undefined,
    );
    await expect(run).rejects.toThrow('rolled back at its commit');
  });

  it('drops a client that cannot roll back, and tells the first failure', async () => {
    const { released, options } = pool({ ROLLBACK: () => Promise.reject(new Error('gone')) });
    await expect(options.wrapWithTransaction({}, refuse as never, () => undefined)).rejects.toBe(failure);
    expect(released).toEqual([true]);
  });

  it.each(['COMMIT', 'ROLLBACK'])('refuses statements after the %s', async end => {
    const { said, options } = pool();
    let tx: PgClient | undefined;
    const work = async () => {
      await tx!.query('SELECT 1');
      if (end === 'ROLLBACK') throw failure;
    };
    await options.wrapWithTransaction({}, work, made => (tx = made as PgClient)).catch(() => undefined);
    const ended = { code: 'CQRS_TRANSACTION_ENDED' };
    await expect(tx!.query('SELECT 2')).rejects.toMatchObject(ended);
    expect(() => tx!.query({ submit: () => undefined } as never)).toThrow('has ended');
    expect(() => tx!.query('SELECT 2', (() => undefined) as never)).toThrow('has ended');
    expect(said).toEqual(['BEGIN', 'SELECT 1', end]);
  });

  it('keeps or takes back a savepoint, and leaves none behind', async () => {
    const { said, client, options } = pool();
    const nest = (work: () => Promise<unknown>) =>
      options.wrapWithNestedTransaction!({}, work, () => undefined, client as never);
    expect(await nest(async () => 'part')).toBe('part');
    await expect(nest(async () => refuse())).rejects.toBe(failure);
    expect(said).toEqual([
      'SAVEPOINT cqrs',
      'RELEASE SAVEPOINT cqrs',
      'SAVEPOINT cqrs',
      'ROLLBACK TO SAVEPOINT cqrs',
      'RELEASE SAVEPOINT cqrs',
    ]);
  });
});
