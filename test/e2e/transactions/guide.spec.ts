import { join } from 'node:path';
import { describeWithPostgres } from '../../support/postgres.js';
import { answerOf } from '../../support/program.js';

interface Report {
  readonly placed: string;
  readonly soldOut: string;
  readonly unknown: string;
  readonly orders: string[];
  readonly mails: string[];
  readonly shown: string[];
  readonly written: string[];
}

describeWithPostgres('docs/transactions.md', postgres => {
  it('an order, its events and its mail are one: of orders that fail there is nothing', async () => {
    const program = join(import.meta.dirname, 'shop-program.ts');
    const report = await answerOf<Report>(program, [], { DATABASE_URL: postgres.url });
    const { placed, soldOut, unknown, ...left } = report;
    expect([placed, unknown]).toEqual(['placed', 'Error: vase is not in stock.']);
    expect(soldOut).toContain('violates check constraint');
    expect(left).toEqual({ orders: ['1'], mails: ['1'], shown: ['1'], written: ['1'] });
  }, 120_000);
});

describe('docs/testing.md', () => {
  it('tests the shop with units of work in memory', async () => {
    const program = join(import.meta.dirname, '../guide/testing/units-program.ts');
    const { statements, ...left } = await answerOf<Record<string, unknown>>(program, [], { DATABASE_URL: 'unused' });
    // The order, its piece of the stock, its mail; then an order that is rolled back.
    expect(statements).toEqual(['INSERT', 'UPDATE', 'INSERT', 'INSERT', 'UPDATE']);
    expect(left).toEqual({ failure: 'vase is not in stock.', shown: ['1'], written: ['1'] });
  }, 120_000);
});
