import { Test } from '@nestjs/testing';
import { TransactionHost } from '@nestjs-cls/transactional';
import { CommandBus, CQRS_MODULE_OPTIONS } from 'nestjs-cqrs';
import { MemoryTransport } from 'nestjs-cqrs/testing';
import { AppModule, cqrsOptions, Invoices, PlaceOrder, Screen } from '../../transactions/shop.js';
import { UnitsInMemory } from './units-in-memory.js';

// Tests the shop of docs/transactions.md without a database, and prints what it did.

const statements: string[] = [];
const query = async (text: string) => {
  statements.push(text.slice(0, text.indexOf(' ')));
  return { rowCount: statements.length < 4 ? 1 : 0 };
};

// #region override
const transport = new MemoryTransport();
const app = await Test.createTestingModule({ imports: [AppModule] })
  .overrideProvider(CQRS_MODULE_OPTIONS)
  .useValue({ ...cqrsOptions, unitOfWork: new UnitsInMemory(transport), durable: { transport } })
  .overrideProvider(TransactionHost)
  .useValue({ tx: { query } }) // or override your repositories
  .compile();
await app.init();

await app.get(CommandBus).dispatch(new PlaceOrder('1', 'lamp'));
await transport.settled();
// #endregion

const failure = await app
  .get(CommandBus)
  .dispatch(new PlaceOrder('2', 'vase'))
  .catch((error: Error) => error.message);
await transport.settled();
const [{ shown }, { written }] = [app.get(Screen), app.get(Invoices)];
await app.close();
process.stdout.write(JSON.stringify({ statements, failure, shown, written }), () => process.exit());
