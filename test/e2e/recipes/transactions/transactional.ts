import { Injectable, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
// #region import
import { ClsPluginTransactional, Transactional, TransactionHost } from '@nestjs-cls/transactional';
// #endregion
import { TransactionalAdapterDrizzleOrm } from '@nestjs-cls/transactional-adapter-drizzle-orm';
import { PgliteDatabase } from 'drizzle-orm/pglite';
import { ClsModule, ClsService } from 'nestjs-cls';
import {
  Command,
  CommandBus,
  CommandHandler,
  CqrsModule,
  type CqrsMiddleware,
  EventBus,
  type MessageContext,
  type Next,
} from 'nestjs-cqrs';
import { DatabaseModule } from '../database.module.js';
import { Mails, OrderPlaced, orders, place, PlaceOrder, stock, Tables } from './shop.js';

// Prints what a few commands did: with the decorator, and with the middleware.

// #region after-commit
const RECORDED = Symbol('events of the command');

/** Publishes the events that a command has recorded, once its transaction is committed. */
@Injectable()
class PublishAfterCommit implements CqrsMiddleware {
  constructor(
    private readonly cls: ClsService,
    private readonly host: TransactionHost,
    private readonly events: EventBus,
  ) {}

  record(...events: object[]): void {
    const recorded = this.cls.get<object[] | undefined>(RECORDED);
    if (!recorded) throw new Error('Events are recorded in the handler of a command.');
    recorded.push(...events);
  }

  async intercept(message: object, next: Next, context: MessageContext) {
    // A command within a transaction joins it, so its events wait for the outer commit.
    if (this.host.isTransactionActive()) return next(message);
    const recorded: object[] = [];
    const result = await this.cls.run({ ifNested: 'inherit' }, () => {
      this.cls.set(RECORDED, recorded);
      return next(message);
    });
    await this.events.publishAll(recorded, { context });
    return result;
  }
}
// #endregion

// #region decorator
@CommandHandler(PlaceOrder)
class PlaceOrderHandler {
  constructor(
    private readonly host: TransactionHost<TransactionalAdapterDrizzleOrm<PgliteDatabase>>,
    private readonly committed: PublishAfterCommit,
  ) {}

  @Transactional()
  async execute(command: PlaceOrder) {
    this.committed.record(new OrderPlaced(command.orderId, command.item));
    await place(this.host.tx, command);
  }
}
// #endregion

// #region middleware
@Injectable()
class TransactionMiddleware implements CqrsMiddleware {
  constructor(private readonly host: TransactionHost) {}

  intercept(message: object, next: Next) {
    return this.host.withTransaction(() => next(message));
  }
}
// #endregion

/** The same without a decorator, for the transaction of the middleware. */
@CommandHandler(PlaceOrder)
class UndecoratedHandler {
  constructor(
    private readonly host: TransactionHost<TransactionalAdapterDrizzleOrm<PgliteDatabase>>,
    private readonly committed: PublishAfterCommit,
  ) {}

  async execute(command: PlaceOrder) {
    this.committed.record(new OrderPlaced(command.orderId, command.item));
    await place(this.host.tx, command);
  }
}

class PlaceOrders extends Command {
  constructor(readonly placed: readonly PlaceOrder[]) {
    super();
  }
}

@CommandHandler(PlaceOrders)
class PlaceOrdersHandler {
  constructor(private readonly commands: CommandBus) {}

  @Transactional()
  async execute({ placed }: PlaceOrders, context: MessageContext) {
    for (const command of placed) await this.commands.dispatch(command, { context });
  }
}

class PlaceEach extends PlaceOrders {}

/** Each in its own transaction, unless there is one around every command. */
@CommandHandler(PlaceEach)
class PlaceEachHandler {
  constructor(private readonly commands: CommandBus) {}

  async execute({ placed }: PlaceEach, context: MessageContext) {
    for (const command of placed) await this.commands.dispatch(command, { context });
  }
}

// #region module
@Module({
  imports: [
    DatabaseModule,
    ClsModule.forRoot({
      global: true,
      plugins: [
        new ClsPluginTransactional({
          imports: [DatabaseModule],
          adapter: new TransactionalAdapterDrizzleOrm({
            drizzleInstanceToken: PgliteDatabase,
            defaultTxOptions: { isolationLevel: 'read committed' },
          }),
        }),
      ],
    }),
    CqrsModule.forRoot({ commands: { middleware: [PublishAfterCommit] } }),
  ],
  providers: [PublishAfterCommit, PlaceOrderHandler],
})
class ShopModule {}
// #endregion

@Module({ imports: [ShopModule, DatabaseModule], providers: [PlaceOrdersHandler, PlaceEachHandler, Tables, Mails] })
class DecoratorModule {}

const cls = ClsModule.forRoot({
  global: true,
  plugins: [
    new ClsPluginTransactional({
      imports: [DatabaseModule],
      adapter: new TransactionalAdapterDrizzleOrm({
        drizzleInstanceToken: PgliteDatabase,
        defaultTxOptions: { isolationLevel: 'read committed' },
      }),
    }),
  ],
});
const middleware =
  // #region module-middleware
  CqrsModule.forRoot({ commands: { middleware: [PublishAfterCommit, TransactionMiddleware] } });
// #endregion

@Module({
  imports: [DatabaseModule, cls, middleware],
  providers: [
    PublishAfterCommit,
    TransactionMiddleware,
    UndecoratedHandler,
    PlaceOrdersHandler,
    PlaceEachHandler,
    Tables,
    Mails,
  ],
})
class MiddlewareModule {}

async function report(module: Type) {
  const app = await NestFactory.createApplicationContext(module, { logger: ['error'] });
  const [commands, database] = [app.get(CommandBus), app.get(PgliteDatabase, { strict: false })];
  await database.insert(stock).values([
    { item: 'lamp', pieces: 5 },
    { item: 'vase', pieces: 1 },
  ]);

  const errors: string[] = [];
  const dispatch = (command: Command) => commands.dispatch(command).catch(error => errors.push(String(error)));
  await dispatch(new PlaceOrder('o1', 'lamp'));
  await dispatch(new PlaceOrder('o2', 'chair'));
  // Two commands in one transaction, and two that are rolled back together.
  await dispatch(new PlaceOrders([new PlaceOrder('o3', 'lamp'), new PlaceOrder('o4', 'lamp')]));
  await dispatch(new PlaceOrders([new PlaceOrder('o5', 'lamp'), new PlaceOrder('o6', 'chair')]));
  // The first is committed before the second fails, unless one transaction is around both.
  await dispatch(new PlaceEach([new PlaceOrder('vase', 'vase'), new PlaceOrder('o6', 'chair')]));
  // At once: only two lamps are left.
  await Promise.all(['o7', 'o8', 'o9'].map(orderId => dispatch(new PlaceOrder(orderId, 'lamp'))));

  const placed = (await database.select().from(orders)).map(({ id }) => id);
  await app.close();
  return { errors, placed, mails: app.get(Mails).sent };
}

const reports = { decorator: await report(DecoratorModule), middleware: await report(MiddlewareModule) };
process.stdout.write(JSON.stringify(reports));
