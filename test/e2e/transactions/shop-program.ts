import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClsPluginTransactional, TransactionHost } from '@nestjs-cls/transactional';
import { ClsModule } from 'nestjs-cls';
import { Pool } from 'pg';
import PgBoss from 'pg-boss-10';
import {
  Command,
  CommandBus,
  CommandHandler,
  CqrsModule,
  Durable,
  Event,
  EventBus,
  EventsHandler,
  Message,
} from 'nestjs-cqrs';
import { pgBoss } from 'nestjs-cqrs/pg-boss';
import { InTransaction, PgTransactionalAdapter, Transactional, transactional } from 'nestjs-cqrs/transactional';

// The shop of docs/transactions.md. Prints what it did. Called with the URL of PostgreSQL.

const [connectionString = ''] = process.argv.slice(2);
const boss = new PgBoss({ connectionString, schema: 'shop_boss' });

// #region module
@Module({
  providers: [{ provide: Pool, useFactory: () => new Pool({ connectionString }) }],
  exports: [Pool],
})
class DatabaseModule {}

@Module({
  imports: [
    ClsModule.forRoot({
      plugins: [
        new ClsPluginTransactional({
          imports: [DatabaseModule],
          adapter: new PgTransactionalAdapter({ poolToken: Pool }),
        }),
      ],
    }),
    CqrsModule.forRoot({ unitOfWork: transactional(), durable: { transport: pgBoss(boss) } }),
  ],
})
class InfrastructureModule {}
// #endregion

const log: string[] = [];

// #region command
@Transactional()
export class PlaceOrder extends Command {
  constructor(
    readonly orderId: string,
    readonly item: string,
  ) {
    super();
  }
}
// #endregion

@Message({ name: 'shop.order-placed' })
export class OrderPlaced extends Event {
  constructor(
    readonly orderId: string,
    readonly item: string,
  ) {
    super();
  }
}

@Message({ name: 'shop.send-mail' })
@Durable()
@Transactional()
export class SendMail extends Command {
  constructor(readonly orderId: string) {
    super();
  }
}

// #region handler
@CommandHandler(PlaceOrder)
class PlaceOrderHandler {
  constructor(
    private readonly host: TransactionHost<PgTransactionalAdapter<Pool>>,
    private readonly commands: CommandBus,
    private readonly events: EventBus,
  ) {}

  async execute({ orderId, item }: PlaceOrder) {
    await this.host.tx.query('INSERT INTO orders VALUES ($1, $2)', [orderId, item]);
    await this.events.publish(new OrderPlaced(orderId, item)); // its handlers wait for the commit
    await this.commands.enqueue(new SendMail(orderId)); // stored with the order, or not at all
  }
}
// #endregion

// #region phases
@Injectable()
class OrderHandlers {
  constructor(private readonly host: TransactionHost<PgTransactionalAdapter<Pool>>) {}

  /** In the transaction: if it fails, the order is not saved. */
  @EventsHandler(OrderPlaced)
  @InTransaction()
  async takeFromStock({ item }: OrderPlaced) {
    const { rowCount } = await this.host.tx.query('UPDATE stock SET pieces = pieces - 1 WHERE item = $1', [item]);
    if (rowCount === 0) throw new Error(`There is no ${item}.`);
  }

  /** After the commit. Lost if the process dies then. */
  @EventsHandler(OrderPlaced)
  async showOnScreen({ orderId }: OrderPlaced) {
    log.push(`screen: ${orderId}`);
  }

  /** Stored in the transaction, handled after it, again if it fails. */
  @EventsHandler(OrderPlaced)
  @Durable('invoices')
  async writeInvoice({ orderId }: OrderPlaced) {
    log.push(`invoice: ${orderId}`);
  }
}
// #endregion

// #region inbox
@CommandHandler(SendMail)
class SendMailHandler {
  constructor(private readonly host: TransactionHost<PgTransactionalAdapter<Pool>>) {}

  /** The row and the end of the delivery are committed together. */
  async execute({ orderId }: SendMail) {
    await this.host.tx.query('INSERT INTO mails VALUES ($1)', [orderId]);
    log.push(`mail: ${orderId}`);
  }
}
// #endregion

@Module({ imports: [InfrastructureModule], providers: [PlaceOrderHandler, OrderHandlers, SendMailHandler] })
class AppModule {}

const pool = new Pool({ connectionString });
await pool.query(`
  CREATE TABLE orders (id text PRIMARY KEY, item text); CREATE TABLE mails (id text);
  CREATE TABLE stock (item text, pieces integer CHECK (pieces >= 0)); INSERT INTO stock VALUES ('lamp', 1)
`);
const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error'], abortOnError: false });
const commands = app.get(CommandBus);
const placed = await commands.dispatch(new PlaceOrder('1', 'lamp')).then(() => 'placed', String);
const soldOut = await commands.dispatch(new PlaceOrder('2', 'lamp')).then(() => 'placed', String);
const unknown = await commands.dispatch(new PlaceOrder('3', 'vase')).then(() => 'placed', String);
while (log.length < 3) await new Promise(resolve => setTimeout(resolve, 20));
await app.close();
const ids = async (table: string) =>
  (await pool.query<{ id: string }>(`SELECT id FROM ${table}`)).rows.map(row => row.id);
const result = { placed, soldOut, unknown, orders: await ids('orders'), mails: await ids('mails'), log };
process.stdout.write(JSON.stringify(result), () => process.exit());
