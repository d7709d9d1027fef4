import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConflictException } from '@nestjs/common';
import { PgliteDatabase } from 'drizzle-orm/pglite';
import { CqrsModule } from 'nestjs-cqrs';
import { scenario } from 'nestjs-cqrs/testing';
import { start } from '../../support/application.js';
import { answerOf, runProgram } from '../../support/program.js';
import { DatabaseModule } from './database.module.js';
import { PlaceOrderHandler } from './transactions/by-hand.js';
import { Mails, OrderPlaced, orders, PlaceOrder, stock, Tables } from './transactions/shop.js';

const program = (name: string) => join(import.meta.dirname, 'transactions', name);

async function shop() {
  const imports = [CqrsModule.forRoot(), DatabaseModule];
  const { app } = await start({ imports, providers: [PlaceOrderHandler, Tables, Mails] });
  return { app, database: app.get(PgliteDatabase, { strict: false }), mails: app.get(Mails) };
}

describe('docs/recipes/transactions.md: by hand', () => {
  it('publishes once the transaction is committed, and nothing when it was rolled back', async () => {
    const { app, database, mails } = await shop();
    await database.insert(stock).values({ item: 'lamp', pieces: 1 });
    await scenario(app).when(new PlaceOrder('o1', 'lamp')).publishes(new OrderPlaced('o1', 'lamp'));
    const noneLeft = await scenario(app).when(new PlaceOrder('o2', 'lamp')).fails(ConflictException);
    noneLeft.published.none(OrderPlaced);
    const again = await scenario(app).when(new PlaceOrder('o1', 'lamp')).fails('insert into "orders"');
    again.published.none(OrderPlaced);
    expect(await database.select().from(orders)).toEqual([{ id: 'o1', item: 'lamp' }]);
    expect(mails.sent).toEqual(['o1 is in the database']);
  }, 120_000);

  it('loses the event of a process that dies between commit and publish', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'nestjs-cqrs-'));
    try {
      const killed = await runProgram(program('crash.ts'), [], { DATA_DIR: folder });
      expect(killed).toMatchObject({ signal: 'SIGKILL', errors: '' });
      process.env['DATA_DIR'] = folder;
      const { app, database, mails } = await shop();
      expect(await database.select().from(orders)).toEqual([{ id: 'o1', item: 'lamp' }]);
      expect(await database.select().from(stock)).toEqual([{ item: 'lamp', pieces: 0 }]);
      expect(mails.sent).toEqual([]);
      await app.close();
    } finally {
      delete process.env['DATA_DIR'];
      await rm(folder, { recursive: true, force: true });
    }
  }, 120_000);
});

interface Report {
  readonly errors: string[];
  readonly placed: string[];
  readonly mails: string[];
}

describe('docs/recipes/transactions.md: @nestjs-cls/transactional', () => {
  it('as decorator and as middleware publishes the events of what was committed, and no other', async () => {
    const reports = await answerOf<Record<'decorator' | 'middleware', Report>>(program('transactional.ts'));
    expect(reports.decorator.placed).toContain('vase');
    expect(reports.middleware.placed).not.toContain('vase');
    for (const { errors, placed, mails } of [reports.decorator, reports.middleware]) {
      expect(errors.toSorted()).toEqual([
        'ConflictException: No chair is left.',
        'ConflictException: No chair is left.',
        'ConflictException: No chair is left.',
        'ConflictException: No lamp is left.',
      ]);
      expect(placed.slice(0, 3)).toEqual(['o1', 'o3', 'o4']);
      expect(placed.filter(id => id !== 'vase')).toHaveLength(5);
      expect(mails.toSorted()).toEqual(placed.toSorted().map(id => `${id} is in the database`));
    }
  }, 120_000);
});
