import { randomUUID } from 'node:crypto';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { TransactionHost } from '@nestjs-cls/transactional';
import { Command, CommandBus, CommandHandler, EventBus, QueryBus } from 'nestjs-cqrs';
import { Transactional, type PgTransactionalAdapter } from 'nestjs-cqrs/transactional';
import type { Pool } from 'pg';
import { OrderPlaced } from '../contracts/order.js';
import { Charge, type Receipt } from '../contracts/payment.js';
import { QuoteShipping } from '../contracts/shipping.js';
import { RemindCustomer } from './reminders.js';

export interface Order extends Receipt {
  readonly orderId: string;
  readonly cents: bigint;
}

export class PlaceOrder extends Command<Order> {
  constructor(
    readonly customer: string,
    readonly cents: bigint,
    readonly weight: number,
  ) {
    super();
  }
}

class SaveOrder extends Command {
  constructor(
    readonly orderId: string,
    readonly customer: string,
    readonly cents: bigint,
  ) {
    super();
  }
}

/** Milliseconds. */
const remindAfter = Number(process.env['REMIND_AFTER'] ?? 20_000);

/** With `after-save`, no order can be saved. */
const fail = process.env['FAIL'];

@Injectable()
export class Orders implements OnModuleInit {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly events: EventBus,
    private readonly host: TransactionHost<PgTransactionalAdapter<Pool>>,
  ) {}

  async onModuleInit(): Promise<void> {
    await this.host.tx.query(
      'create table if not exists shop_orders (id text primary key, customer text, cents bigint)',
    );
  }

  // #region handlers
  /** Asks other processes first: no transaction is open while they are awaited. */
  @CommandHandler(PlaceOrder)
  async place({ customer, cents, weight }: PlaceOrder): Promise<Order> {
    const total = cents + (await this.queries.ask(new QuoteShipping(weight)));
    const receipt = await this.commands.execute(new Charge(customer, total));
    const orderId = randomUUID();
    await this.commands.execute(new SaveOrder(orderId, customer, total));
    return { ...receipt, orderId, cents: total };
  }

  /** The order, its event and its reminder are rows of one transaction: all are there, or none. */
  @CommandHandler(SaveOrder)
  @Transactional()
  async save({ orderId, customer, cents }: SaveOrder): Promise<void> {
    await this.host.tx.query('insert into shop_orders values ($1, $2, $3)', [orderId, customer, cents]);
    await this.events.publish(new OrderPlaced(orderId, customer, cents));
    await this.commands.enqueue(new RemindCustomer(orderId, customer), { delay: remindAfter });
    if (fail === 'after-save') throw new Error(`The order ${orderId} is rolled back: FAIL=after-save.`);
  }
  // #endregion
}
