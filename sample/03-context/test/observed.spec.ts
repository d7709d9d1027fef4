import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Test } from '@nestjs/testing';
import type { WiringObserved } from 'nestjs-cqrs';
import { collectLinks, track } from 'nestjs-cqrs/testing';
import { AppModule } from '../src/app.module.js';
import { PlaceOrder } from '../src/orders/orders.messages.js';
import { GetStock } from '../src/stock/stock.messages.js';

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
