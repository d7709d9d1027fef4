import { PgliteDatabase } from 'drizzle-orm/pglite';
import { CommandHandler, EventBus, type MessageContext } from 'nestjs-cqrs';
import { OrderPlaced, place, PlaceOrder } from './shop.js';

// #region handler
@CommandHandler(PlaceOrder)
export class PlaceOrderHandler {
  constructor(
    private readonly database: PgliteDatabase,
    private readonly events: EventBus,
  ) {}

  async execute(command: PlaceOrder, context: MessageContext) {
    await this.database.transaction(transaction => place(transaction, command));
    // After a rollback this line is not reached: transaction() has rejected.
    await this.events.publish(new OrderPlaced(command.orderId, command.item), { context });
  }
}
// #endregion
