import { join } from 'node:path';
import { describeWithPostgres } from '../../support/postgres.js';
import { answerOf } from '../../support/program.js';

interface Report {
  readonly placed: string;
  readonly soldOut: string;
  readonly unknown: string;
  readonly orders: string[];
  readonly mails: string[];
  readonly log: string[];
}

describeWithPostgres('docs/transactions.md', postgres => {
  it('an order, its events and its mail are one: of orders that fail there is nothing', async () => {
    const program = join(import.meta.dirname, 'shop-program.ts');
    const { placed, soldOut, unknown, orders, mails, log } = await answerOf<Report>(program, [postgres.url]);
    expect([placed, orders, mails]).toEqual(['placed', ['1'], ['1']]);
    expect(soldOut).toContain('violates check constraint');
    expect(unknown).toBe('Error: There is no vase.');
    expect(log.toSorted()).toEqual(['invoice: 1', 'mail: 1', 'screen: 1']);
  }, 120_000);
});
