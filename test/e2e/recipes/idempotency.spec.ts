import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { Body, ConflictException, Controller, Headers, Injectable, type OnModuleInit, Post } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { pgTable, serial, text } from 'drizzle-orm/pg-core';
import { Command, CommandBus, CommandHandler, CqrsModule, UseMiddleware } from 'nestjs-cqrs';
import request from 'supertest';
import { busesOf } from '../../support/application.js';
import { DatabaseModule } from './database.module.js';
import { IdempotencyMiddleware, Transactions } from './idempotency/idempotency.js';

class PlaceOrder extends Command<{ orderId: number }> {
  constructor(readonly item: string) {
    super();
  }
}

class PlaceBoth extends Command<number[]> {
  constructor(readonly items: readonly [string, string]) {
    super();
  }
}

class Count extends Command {}

@Injectable()
class Counter {
  count = 0;

  @CommandHandler(Count)
  @UseMiddleware(IdempotencyMiddleware)
  add() {
    this.count += 1;
  }
}

const orders = pgTable('orders', { id: serial().primaryKey(), item: text().notNull() });

@Injectable()
class Tables implements OnModuleInit {
  constructor(private readonly client: PGlite) {}

  async onModuleInit(): Promise<void> {
    await this.client.exec(`
      CREATE TABLE IF NOT EXISTS orders (id serial PRIMARY KEY, item text NOT NULL);
      CREATE TABLE IF NOT EXISTS handled_commands
        (id text PRIMARY KEY, command text NOT NULL, result jsonb, at timestamptz NOT NULL DEFAULT now())`);
  }
}

const soldOut = new Set<string>();

// #region handler
@CommandHandler(PlaceOrder)
@UseMiddleware(IdempotencyMiddleware)
class PlaceOrderHandler {
  constructor(private readonly transactions: Transactions) {}

  async execute({ item }: PlaceOrder) {
    const [order] = await this.transactions.connection.insert(orders).values({ item }).returning();
    if (soldOut.has(item)) throw new ConflictException(`No ${item} is left.`);
    return { orderId: order!.id };
  }
}
// #endregion

@CommandHandler(PlaceBoth)
@UseMiddleware(IdempotencyMiddleware)
class PlaceBothHandler {
  constructor(private readonly commands: CommandBus) {}

  async execute({ items }: PlaceBoth) {
    const one = await this.commands.execute(new PlaceOrder(items[0]));
    const other = await this.commands.execute(new PlaceOrder(items[1]));
    return [one.orderId, other.orderId];
  }
}

// #region controller
@Controller('orders')
class OrdersController {
  constructor(private readonly commands: CommandBus) {}

  @Post()
  place(@Body('item') item: string, @Headers('idempotency-key') key?: string) {
    return this.commands.execute(new PlaceOrder(item), { messageId: key });
  }
}
// #endregion

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nestjs-cqrs-'));
  process.env['DATA_DIR'] = folder;
});
afterAll(async () => {
  delete process.env['DATA_DIR'];
  await rm(folder, { recursive: true, force: true });
});

async function serve() {
  const moduleRef = await Test.createTestingModule({
    imports: [CqrsModule.forRoot(), DatabaseModule],
    controllers: [OrdersController],
    providers: [PlaceOrderHandler, PlaceBothHandler, Counter, IdempotencyMiddleware, Transactions, Tables],
  }).compile();
  const app = moduleRef.createNestApplication();
  await app.init();
  const post = async (item: string, key: string) => {
    const { status, body } = await request(app.getHttpServer())
      .post('/orders')
      .set('idempotency-key', key)
      .send({ item });
    return { status, ...body };
  };
  const { connection } = app.get(Transactions);
  const items = async () => (await connection.select().from(orders)).map(({ item }) => item);
  return { post, items, ...busesOf(app) };
}

describe('docs/recipes/idempotency.md', () => {
  it('handles a command with a key once, also at once, and answers the same again, also after a restart', async () => {
    const first = await serve();
    const answers = await Promise.all([first.post('lamp', 'k1'), first.post('lamp', 'k1')]);
    expect(answers).toEqual([
      { status: 201, orderId: 1 },
      { status: 201, orderId: 1 },
    ]);
    expect(await first.post('lamp', 'k2')).toEqual({ status: 201, orderId: 2 });
    await first.app.close();

    const second = await serve();
    expect(await second.post('lamp', 'k1')).toEqual({ status: 201, orderId: 1 });
    expect(await second.items()).toEqual(['lamp', 'lamp']);

    // The same key for something else
    expect(await second.post('chair', 'k1')).toMatchObject({
      status: 422,
      message: 'The key k1 was used for another command.',
    });

    // What fails is rolled back together with its key, so it can be sent again.
    soldOut.add('table');
    expect(await second.post('table', 'k3')).toMatchObject({ status: 409 });
    soldOut.clear();
    expect(await second.post('table', 'k3')).toMatchObject({ status: 201 });
    expect(await second.items()).toEqual(['lamp', 'lamp', 'table']);

    // Without a key, each dispatch is a new one.
    await second.commands.execute(new PlaceOrder('bed'));
    await second.commands.execute(new PlaceOrder('bed'));
    expect(await second.items()).toHaveLength(5);

    // A command without a result is remembered too.
    const count = () => second.commands.execute(new Count(), { messageId: 'k5' });
    expect([await count(), await count(), second.app.get(Counter).count]).toEqual([null, null, 1]);

    // A command within a command is rolled back with it.
    soldOut.add('table');
    const both = () => second.commands.execute(new PlaceBoth(['sofa', 'table']), { messageId: 'k4' });
    await expect(both()).rejects.toThrow('No table is left.');
    expect(await second.items()).toHaveLength(5);
    soldOut.clear();
    expect(await both()).toEqual(await both());
    expect((await second.items()).slice(5)).toEqual(['sofa', 'table']);
    await second.app.close();
  }, 120_000);
});
