import { Injectable, Logger, Module, type OnApplicationShutdown } from '@nestjs/common';
import { ClsPluginTransactional, TransactionHost } from '@nestjs-cls/transactional';
import { ClsModule } from 'nestjs-cls';
import { Pool } from 'pg';
import PgBoss from 'pg-boss-10';
import {
  Command,
  CommandBus,
  CommandHandler,
  CqrsModule,
  type CqrsModuleOptions,
  Durable,
  Event,
  EventBus,
  EventsHandler,
  Message,
} from 'nestjs-cqrs';
import { pgBoss } from 'nestjs-cqrs/pg-boss';
import { InTransaction, PgTransactionalAdapter, Transactional, transactional } from 'nestjs-cqrs/transactional';

// The shop of docs/transactions.md.

// #region module
const connectionString = process.env['DATABASE_URL']!;

@Module({
  providers: [
    {
      provide: Pool,
      useFactory: () => {
        const pool = new Pool({ connectionString, connectionTimeoutMillis: 10_000 });
        // Without a listener, an idle connection that is lost would end the process.
        pool.on('error', error => new Logger('Database').error(error.message));
        return pool;
      },
    },
  ],
  exports: [Pool],
})
class DatabaseModule implements OnApplicationShutdown {
  constructor(private readonly pool: Pool) {}

  /** After the handlers have ended. */
  async onApplicationShutdown() {
    await this.pool.end();
  }
}

export const cqrsOptions: CqrsModuleOptions = {
  unitOfWork: transactional(),
  durable: { transport: pgBoss(new PgBoss({ connectionString, schema: 'shop_boss' })) },
};

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
    CqrsModule.forRoot(cqrsOptions),
  ],
})
class InfrastructureModule {}
// #endregion

@Injectable()
export class Screen {
  readonly shown: string[] = [];

  show(orderId: string): void {
    this.shown.push(orderId);
  }
}

@Injectable()
export class Invoices {
  readonly written: string[] = [];

  async write(orderId: string): Promise<void> {
    this.written.push(orderId);
  }
}

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

@Message({ name: 'shop.order-placed' })
export class OrderPlaced extends Event {
  constructor(
    readonly orderId: string,
    readonly item: string,
  ) {
    super();
  }
}
// #endregion

// #region stored-command
@Durable()
@Message({ name: 'shop.send-mail' })
@Transactional()
export class SendMail extends Command {
  constructor(readonly orderId: string) {
    super();
  }
}
// #endregion

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
  constructor(
    private readonly host: TransactionHost<PgTransactionalAdapter<Pool>>,
    private readonly screen: Screen,
    private readonly invoices: Invoices,
  ) {}

  /** In the transaction: if it fails, the order is not saved. */
  @EventsHandler(OrderPlaced)
  @InTransaction()
  async takeFromStock({ item }: OrderPlaced) {
    const { rowCount } = await this.host.tx.query('UPDATE stock SET pieces = pieces - 1 WHERE item = $1', [item]);
    if (rowCount === 0) throw new Error(`${item} is not in stock.`);
  }

  /** After the commit. Lost if the process dies then. */
  @EventsHandler(OrderPlaced)
  showOnScreen({ orderId }: OrderPlaced) {
    this.screen.show(orderId);
  }

  /** Stored in the transaction, handled after it, again if it fails. */
  @EventsHandler(OrderPlaced)
  @Durable('invoices')
  async writeInvoice({ orderId }: OrderPlaced) {
    await this.invoices.write(orderId);
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
  }
}
// #endregion

@Module({
  imports: [InfrastructureModule],
  providers: [PlaceOrderHandler, OrderHandlers, SendMailHandler, Screen, Invoices],
})
export class AppModule {}
