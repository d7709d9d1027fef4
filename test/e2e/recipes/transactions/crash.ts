import { NestFactory } from '@nestjs/core';
import { PgliteDatabase } from 'drizzle-orm/pglite';
import { CommandBus, CqrsModule } from 'nestjs-cqrs';
import { DatabaseModule } from '../database.module.js';
import { PlaceOrderHandler } from './by-hand.js';
import { Mails, PlaceOrder, stock, Tables } from './shop.js';

// Dies between commit and publish.

class AppModule {}
const app = await NestFactory.createApplicationContext(
  { module: AppModule, imports: [CqrsModule.forRoot(), DatabaseModule], providers: [PlaceOrderHandler, Tables, Mails] },
  { logger: ['error'] },
);
const database = app.get(PgliteDatabase, { strict: false });
await database.insert(stock).values({ item: 'lamp', pieces: 1 });
const transaction = database.transaction.bind(database);
database.transaction = async (...args) => {
  await transaction(...args);
  process.kill(process.pid, 'SIGKILL');
  return new Promise<never>(() => undefined);
};
await app.get(CommandBus, { strict: false }).dispatch(new PlaceOrder('o1', 'lamp'));
