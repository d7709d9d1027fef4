import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Durable, EventsHandler, type MessageContext } from 'nestjs-cqrs';
import { OrderPlaced } from '../contracts/order.js';
import { Database } from '../storage/database.js';

@Injectable()
export class Invoices implements OnModuleInit {
  constructor(private readonly database: Database) {}

  async onModuleInit(): Promise<void> {
    await this.database.query(
      'create table if not exists shop_invoices (id text primary key, order_id text, customer text, cents bigint)',
    );
  }

  // #region handler
  /** Comes over a durable route. The messageId is that of the event, and the same at each delivery. */
  @EventsHandler(OrderPlaced)
  @Durable('invoices')
  async write({ orderId, customer, cents }: OrderPlaced, { messageId }: MessageContext): Promise<void> {
    await this.database.query('insert into shop_invoices values ($1, $2, $3, $4) on conflict (id) do nothing', [
      messageId,
      orderId,
      customer,
      cents,
    ]);
  }
  // #endregion

  async total(): Promise<{ count: number; cents: bigint }> {
    const [row] = await this.database.query<{ count: string; cents: string }>(
      'select count(*) as count, coalesce(sum(cents), 0) as cents from shop_invoices',
    );
    return { count: Number(row!.count), cents: BigInt(row!.cents) };
  }
}
