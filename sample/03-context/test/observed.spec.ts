import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Test } from '@nestjs/testing';
import type { WiringObserved } from 'nestjs-cqrs';
import { collectLinks, scenario, testApp, track } from 'nestjs-cqrs/testing';
import { AppModule } from '../src/app.module.js';
import { ChargeCustomer, OrderPlaced, PlaceOrder, SendReceipt } from '../src/orders/orders.messages.js';
import { GetStock, ReserveStock } from '../src/stock/stock.messages.js';

const linksOf = (file: string) => (JSON.parse(readFileSync(file, 'utf8')) as WiringObserved).links;

describe('sample 03-context, observed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'nestjs-cqrs-observed-'));
  const file = join(folder, 'wiring.observed.json');

  afterAll(() => rmSync(folder, { recursive: true }));

  it('sends what wiring.observed.json says', async () => {
    // #region collect
    const app = await Test.createTestingModule({ imports: [AppModule] }).compile();
    await app.init();
    collectLinks(app, file);

    await track(app).execute(new PlaceOrder('o-1', 'lamp'));
    await track(app).ask(new GetStock('lamp'));
    await app.close(); // writes the file
    // #endregion
    expect(linksOf(file)).toEqual(linksOf(join(import.meta.dirname, '../wiring.observed.json')));
  });
});

describe('sample 03-context, tested', () => {
  it('charges an order and sends a receipt', async () => {
    await using app = await testApp({ imports: [AppModule] });
    const placed = scenario(app).when(new PlaceOrder('o-1', 'lamp'));
    await placed.sends(new ReserveStock('lamp'), new ChargeCustomer('o-1'), new SendReceipt('o-1'));
    await placed.publishes(new OrderPlaced('o-1', 'lamp'));
  });

  it('places no order that cannot be charged', async () => {
    await using app = await testApp({ imports: [AppModule] });
    const placed = scenario(app)
      .stubbed(ChargeCustomer, new Error('The card was declined.'))
      .when(new PlaceOrder('o-1', 'lamp'));
    await placed.fails('declined');
    await placed.publishes();
  });
});
