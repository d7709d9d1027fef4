import { PGlite } from '@electric-sql/pglite';
import { ConflictException, Injectable, type OnModuleInit } from '@nestjs/common';
import { and, eq, gt, sql } from 'drizzle-orm';
import { PgliteDatabase } from 'drizzle-orm/pglite';
import { integer, pgTable, text } from 'drizzle-orm/pg-core';
import { Command, Event, EventsHandler } from 'nestjs-cqrs';

export class PlaceOrder extends Command {
  constructor(
    readonly orderId: string,
    readonly item: string,
  ) {
    super();
  }
}

export class OrderPlaced extends Event {
  constructor(
    readonly orderId: string,
    readonly item: string,
  ) {
    super();
  }
}

// #region tables
export const orders = pgTable('orders', { id: text().primaryKey(), item: text().notNull() });
export const stock = pgTable('stock', { item: text().primaryKey(), pieces: integer().notNull() });
// #endregion

// #region place
/** Writes an order and takes a piece from the stock, in the transaction of the caller. */
export async function place(transaction: Pick<PgliteDatabase, 'insert' | 'update'>, { orderId, item }: PlaceOrder) {
  await transaction.insert(orders).values({ id: orderId, item });
  const [left] = await transaction
    .update(stock)
    .set({ pieces: sql`${stock.pieces} - 1` })
    .where(and(eq(stock.item, item), gt(stock.pieces, 0)))
    .returning();
  if (!left) throw new ConflictException(`No ${item} is left.`);
}
// #endregion

/** Makes the tables. */
@Injectable()
export class Tables implements OnModuleInit {
  constructor(private readonly client: PGlite) {}

  async onModuleInit(): Promise<void> {
    await this.client.exec(`
      CREATE TABLE IF NOT EXISTS orders (id text PRIMARY KEY, item text NOT NULL);
      CREATE TABLE IF NOT EXISTS stock (item text PRIMARY KEY, pieces integer NOT NULL);
    `);
  }
}

/** Notes what the handler of the event finds in the database. */
@Injectable()
export class Mails {
  readonly sent: string[] = [];

  constructor(private readonly database: PgliteDatabase) {}

  @EventsHandler(OrderPlaced)
  async send({ orderId }: OrderPlaced) {
    const found = (await this.database.select().from(orders)).some(({ id }) => id === orderId);
    this.sent.push(`${orderId} ${found ? 'is in the database' : 'is not there'}`);
  }
}
