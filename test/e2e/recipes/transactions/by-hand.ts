import { ConflictException } from '@nestjs/common';
import { and, eq, gt, sql } from 'drizzle-orm';
import { PgliteDatabase } from 'drizzle-orm/pglite';
import { CommandHandler, EventBus, type MessageContext } from 'nestjs-cqrs';
import { OrderPlaced, orders, PlaceOrder, stock } from './shop.js';

// #region handler
@CommandHandler(PlaceOrder)
export class PlaceOrderHandler {
  constructor(
    private readonly database: PgliteDatabase,
    private readonly events: EventBus,
  ) {}

  async execute({ orderId, item }: PlaceOrder, context: MessageContext) {
    await this.database.transaction(async transaction => {
      await transaction.insert(orders).values({ id: orderId, item });
      const [left] = await transaction
        .update(stock)
        .set({ pieces: sql`${stock.pieces} - 1` })
        .where(and(eq(stock.item, item), gt(stock.pieces, 0)))
        .returning();
      if (!left) throw new ConflictException(`No ${item} is left.`);
    });
    // After a rollback this line is not reached: transaction() has rejected.
    await this.events.publish(new OrderPlaced(orderId, item), { context });
  }
}
// #endregion
