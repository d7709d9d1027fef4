import PgBoss10 from 'pg-boss-10';
import { PgBoss } from 'pg-boss';
import { pgBoss, type AnyPgBoss, type PgBossOptions } from '../../../../lib/integrations/pg-boss/index.js';
import { knownBoss, sqlOf } from '../../../../lib/integrations/pg-boss/boss.js';
import { settingsOf } from '../../../../lib/integrations/pg-boss/options.js';

const ADDRESS = 'postgres://nowhere.invalid/none';
const refused = expect.objectContaining({ code: 'CQRS_INVALID_OPTIONS' });

describe('options of pgBoss()', () => {
  it('have defaults', () => {
    const defaults = {
      prefix: 'cqrs',
      lease: 900_000,
      poll: 500,
      keep: 604_800_000,
      keepDead: 1_209_600_000,
      prepare: false,
    };
    expect(settingsOf({}, 12)).toEqual(defaults);
    expect(settingsOf({ poll: undefined, prefix: 'shop' } as PgBossOptions, 10)).toEqual({
      ...defaults,
      prefix: 'shop',
    });
  });

  it.each([
    { lease: 1000, poll: 50, keep: 1000, keepDead: 1000 },
    { lease: 86_400_000, poll: 60_000, keep: 315_360_000_000, keepDead: 315_360_000_000 },
    { prefix: 'shop-1_A' },
    { prepare: true },
  ])('may be %j', options => {
    expect(settingsOf(options, 12)).toMatchObject(options);
  });

  it.each([
    { poll: 49 },
    { poll: 60_001 },
    { keep: 999 },
    { keep: 315_360_000_001 },
    { keepDead: 999 },
    { keepDead: 315_360_000_001 },
    { leas: 1000 },
    { lease: 999 },
    { lease: 86_400_001 },
    { lease: NaN },
    { lease: '5000' },
    { poll: 0 },
    { poll: Infinity },
    { keep: 10 },
    { keepDead: -1 },
    { prefix: '' },
    { prefix: "x'y" },
    { prefix: 1 },
    { prepare: 'true' },
    { schema: 'a;b' },
    { schema: 1 },
  ])('refuse %j', options => {
    expect(() => settingsOf(options as PgBossOptions, 12)).toThrow(refused);
  });

  it('refuse for pg-boss 10 what only the boss can be told', () => {
    for (const options of [{ keep: 5000 }, { keepDead: 5000 }]) {
      expect(() => pgBoss(new PgBoss10(ADDRESS), options)).toThrow(refused);
      expect(pgBoss(new PgBoss(ADDRESS), options).engine).toBe('pg-boss');
    }
  });
});

describe('the boss of pgBoss()', () => {
  it('is known by its functions, and so is its schema', () => {
    expect(knownBoss(new PgBoss10({ connectionString: ADDRESS, schema: 'old' }), undefined)).toMatchObject({
      major: 10,
      schema: 'old',
    });
    expect(knownBoss(new PgBoss({ connectionString: ADDRESS, schema: 'recent' }), undefined)).toMatchObject({
      major: 12,
      schema: 'recent',
    });
    expect(pgBoss(new PgBoss10(ADDRESS)).features.keys).toBe('none');
    expect(pgBoss(new PgBoss(ADDRESS)).features.keys).toBe('ordered');
  });

  it('must be one', () => {
    const [getDb, fetch, findJobs, maintain, archive] = [() => ({}), () => [], () => [], () => [], () => []];
    const others = [
      { getDb, fetch },
      { findJobs, getDb },
      { findJobs, fetch },
      { maintain, getDb, fetch },
    ];
    for (const other of [undefined, null, {}, ADDRESS, ...others, { archive, getDb, fetch }])
      expect(() => pgBoss(other as unknown as AnyPgBoss)).toThrow(refused);
  });

  it('with a database of your own needs its schema', () => {
    const db = { executeSql: async () => ({ rows: [] }) };
    expect(() => pgBoss(new PgBoss({ db }))).toThrow(refused);
    expect(knownBoss(new PgBoss({ db }), 'mine')).toMatchObject({ schema: 'mine' });
  });
});

const STATEMENT = { name: 'one', text: 'select' };

describe('a transaction', () => {
  it('is what runs SQL', async () => {
    const query = async (text: string, values?: unknown[]) => ({ rows: [text, values] });
    expect(await sqlOf({ query }).executeSql('select', [1])).toEqual({ rows: ['select', [1]] });
    expect(await sqlOf({ executeSql: query }).executeSql('select', [1])).toEqual({ rows: ['select', [1]] });
  });

  it('of another database does not see the tables', async () => {
    for (const error of [{ code: '42P01' }, { cause: { code: '42P01' } }])
      await expect(sqlOf({ executeSql: () => Promise.reject(error) }).executeSql('select')).rejects.toMatchObject({
        code: 'CQRS_NO_TRANSACTION',
        cause: error,
      });
    const other = { code: '23505' };
    await expect(sqlOf({ query: () => Promise.reject(other) }).executeSql('select')).rejects.toBe(other);
  });

  it.each(['T', 'E', null])('may be a client whose state is %p', async status => {
    const client = { query: async () => ({ rows: [1] }), getTransactionStatus: () => status };
    expect(await sqlOf(client).executeSql('select')).toEqual({ rows: [1] });
  });

  it.each([
    ['T', [STATEMENT, [1]]],
    // Another library has no named statements.
    [undefined, undefined],
  ])('takes a named statement where it is a client of pg: %p', async (status, given) => {
    const query = async (...statement: unknown[]) => ({ rows: statement });
    const client = status === undefined ? { query } : { query, getTransactionStatus: () => status };
    expect((await sqlOf(client).executeNamed?.(STATEMENT, [1]))?.rows).toEqual(given);
    expect((await sqlOf(client).executeSql('select', [1])).rows).toEqual(['select', [1]]);
  });

  it('that runs SQL itself is given a text and values alone, unless it takes named statements', async () => {
    const executeSql = async (...given: unknown[]) => ({ rows: given });
    expect((await sqlOf({ executeSql }).executeSql('select', [1])).rows).toEqual(['select', [1]]);
    expect(sqlOf({ executeSql }).executeNamed).toBeUndefined();
    const both = sqlOf({ executeSql, executeNamed: executeSql });
    expect((await both.executeNamed!(STATEMENT, [1])).rows).toEqual([STATEMENT, [1]]);
  });

  it('is no pool, and no client outside of a transaction', () => {
    const query = async () => ({ rows: [] });
    expect(() => sqlOf({ query, idleCount: 0 })).toThrow('A pool of pg is not a transaction');
    expect(() => sqlOf({ query, getTransactionStatus: () => 'I' })).toThrow('has not begun, or has ended');
    expect(() => sqlOf({})).toThrow('pg-boss cannot use this transaction.');
  });

  it('is nothing else', () => {
    for (const other of [null, {}, 'BEGIN', () => undefined]) expect(() => sqlOf(other)).toThrow(refused);
  });
});
