import { getEventListeners } from 'node:events';
import { jest } from '@jest/globals';
import type { IdempotentDispatch } from '../../../../lib/extension.js';
import { PgLocks } from '../../../../lib/integrations/transactional/pg-locks.js';
import { PgResults } from '../../../../lib/integrations/transactional/pg-results.js';
import { pending } from '../../../support/waiting.js';

/** A transaction that answers as the test says. */
function transaction(answer: (text: string) => unknown[] | Promise<unknown[]> = () => []) {
  const ran: [text: string, values: unknown][] = [];
  return {
    ran,
    executeSql: async (text: string, values?: unknown[]) => {
      ran.push([text.trim(), values]);
      return { rows: await answer(text) };
    },
  };
}

const dispatchOf = (of: object, change: Partial<IdempotentDispatch> = {}): IdempotentDispatch => ({
  name: 'Charge',
  key: 'a',
  keep: 1000,
  signal: new AbortController().signal,
  transaction: of,
  toJSON: result => ({ written: result }),
  fromJSON: json => ({ read: json }),
  ...change,
});

/** The first words of the statements. */
const words = (ran: readonly [string, unknown][]) => ran.map(([text]) => text.split(' ')[0]);

const deletes = (ran: readonly [string, unknown][]) => words(ran).filter(word => word === 'DELETE').length;

afterEach(() => void jest.restoreAllMocks());

describe('A table of results', () => {
  it.each(['results', 'app.results', '_a1', 'a'.repeat(50), `${'a'.repeat(50)}.${'b'.repeat(50)}`])(
    'may be called %s',
    table => {
      const { sql } = new PgResults({ table });
      expect(sql).toContain(`CREATE TABLE IF NOT EXISTS ${table} (`);
      expect(sql).toContain(`CREATE INDEX IF NOT EXISTS ${table.split('.').pop()}_expire ON ${table} (expires_at);`);
    },
  );

  it.each(['', 'Results', '1a', 'a b', 'a.b.c', 'a;', 'a'.repeat(51), `${'a'.repeat(51)}.b`, 5, null])(
    'may not be called %s',
    table => {
      expect(() => new PgResults({ table: table as string })).toThrow(
        expect.objectContaining({ code: 'CQRS_INVALID_OPTIONS', where: 'new PgResults()' }),
      );
    },
  );

  it('is made in one statement, and has its name by default', async () => {
    const database = transaction();
    const results = new PgResults();
    await results.createTable(database);
    expect(database.ran).toEqual([[expect.stringContaining(results.sql), undefined]]);
    expect(database.ran[0]![0]).toContain("hashtextextended('cqrs cqrs_results', 0)");
    expect(() => new PgResults({ tabel: 'a' } as never)).toThrow('The option "tabel" does not exist.');
  });

  it.each([
    [[], 0, 1],
    [[5], 5, 1],
    [[1000, 1000, 999], 2999, 3],
    [[1000], 1000, 2],
  ])('loses what is too old, a thousand at a time: %j', async (counts, deleted, statements) => {
    const left = [...counts];
    const database = transaction(() => Array.from({ length: left.shift() ?? 0 }));
    expect(await new PgResults().deleteExpired(database)).toBe(deleted);
    expect(deletes(database.ran)).toBe(statements);
  });

  it('that is not there is told, with what to do', async () => {
    for (const error of [{ code: '42P01' }, { cause: { code: '42P01' } }]) {
      const missing = transaction(text => (text.startsWith('SELECT result') ? Promise.reject(error) : []));
      await expect(
        new PgResults({ table: 'app.results' }).once(dispatchOf(missing), async () => 1),
      ).rejects.toMatchObject({
        code: 'CQRS_INVALID_OPTIONS',
        what: 'The table app.results, in which @Idempotent keeps results, does not exist.',
        where: 'new PgResults()',
        cause: error,
      });
    }
    const other = { code: '57014' };
    const failing = transaction(text => (text.startsWith('SELECT result') ? Promise.reject(other) : []));
    await expect(new PgResults().once(dispatchOf(failing), async () => 1)).rejects.toBe(other);
  });
});

describe('A result in PostgreSQL', () => {
  it.each<[unknown, unknown]>([
    [5, '{"written":5}'],
    [undefined, null],
  ])('is written after the work, under the lock of its key: %p', async (result, json) => {
    const database = transaction();
    const order: string[] = [];
    const work = async () => (order.push(...(words(database.ran) as string[])), result);
    expect(await new PgResults({ table: 'app.results' }).once(dispatchOf(database), work)).toBe(result);
    expect(order).toEqual(['SELECT', 'SELECT']);
    expect(words(database.ran)).toEqual(['SELECT', 'SELECT', 'INSERT', 'DELETE']);
    const [[lock, key], [, asked], [, inserted]] = database.ran as [
      [string, unknown],
      [string, unknown],
      [string, unknown],
    ];
    expect([lock, key]).toEqual([
      expect.stringContaining('pg_advisory_xact_lock'),
      ['["cqrs","idempotent","app.results","Charge","a"]'],
    ]);
    expect([asked, inserted]).toEqual([
      ['Charge', 'a'],
      ['Charge', 'a', json, 1000],
    ]);
  });

  it.each<[string | null, unknown]>([
    ['{"a":1}', { read: { a: 1 } }],
    [null, undefined],
  ])('is read in place of the work: %p', async (stored, result) => {
    const database = transaction(text => (text.startsWith('SELECT result') ? [{ result: stored }] : []));
    const work = jest.fn(async () => 'again');
    expect(await new PgResults().once(dispatchOf(database), work)).toEqual(result);
    expect([work.mock.calls.length, database.ran.length]).toEqual([0, 2]);
  });

  it('is not written where the work fails', async () => {
    const database = transaction();
    const work = () => Promise.reject(new Error('declined'));
    await expect(new PgResults().once(dispatchOf(database), work)).rejects.toThrow('declined');
    expect(words(database.ran)).toEqual(['SELECT', 'SELECT']);
  });

  it('deletes old ones once a minute', async () => {
    const now = jest.spyOn(performance, 'now').mockReturnValue(0);
    const results = new PgResults();
    const counts: number[] = [];
    for (const time of [0, 1, 59_999, 60_000, 60_001, 120_000]) {
      now.mockReturnValue(time);
      const database = transaction();
      await results.once(dispatchOf(database), async () => 1);
      counts.push(deletes(database.ran));
    }
    expect(counts).toEqual([1, 0, 0, 1, 0, 1]);
  });
});

describe('A lock in PostgreSQL', () => {
  const run = (of: unknown, signal = new AbortController().signal, work = async (): Promise<unknown> => 'ran') =>
    new PgLocks().run({ name: 'Charge', key: 'a', signal, transaction: of }, work);

  it('is taken before the work, and leaves nothing on the signal', async () => {
    const database = transaction();
    const { signal } = new AbortController();
    expect(await run(database, signal)).toBe('ran');
    expect(database.ran.map(([, values]) => values)).toEqual([['["cqrs","sequential","Charge","a"]']]);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('is awaited no longer than the caller waits', async () => {
    const aborting = new AbortController();
    const database = transaction(() => new Promise(() => undefined));
    const work = jest.fn(async () => 1);
    const running = run(database, aborting.signal, work);
    aborting.abort(new Error('gone'));
    await expect(running).rejects.toThrow('gone');
    await expect(run(database, AbortSignal.abort(new Error('gone before')))).rejects.toThrow('gone before');
    expect([work.mock.calls.length, database.ran.length]).toEqual([0, 1]);
  });

  it('that cannot be taken fails the message', async () => {
    const lost = pending();
    const database = transaction(() => lost.promise.then(() => []));
    const { signal } = new AbortController();
    const running = run(database, signal);
    lost.fail(new Error('lost'));
    await expect(running).rejects.toThrow('lost');
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it.each([undefined, null, 'text', {}])('cannot be taken in %p', async of => {
    await expect(run(of)).rejects.toMatchObject({ code: 'CQRS_NO_TRANSACTION', where: 'new PgLocks()' });
  });
});
