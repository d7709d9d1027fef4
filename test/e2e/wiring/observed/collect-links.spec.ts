import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WiringObserved } from '../../../../lib/index.js';
import { collectLinks, track } from '../../../../lib/testing/index.js';
import { start } from '../../../support/application.js';
import { Ship, shopWith } from './shop.js';

const LINKS = [
  { from: 'ShippingModule/Shipping.again', to: 'command:Remind', count: 2 },
  { from: 'outside', to: 'command:Ship', count: 2 },
  { from: 'OrderModule/Orders.ship', to: 'event:Audited', count: 2 },
  { from: 'OrderModule/Orders.ship', to: 'event:Shipped', count: 2 },
];

describe('collectLinks', () => {
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'nestjs-cqrs-links-'));
    file = join(folder, 'observed.json');
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  const written = () => JSON.parse(readFileSync(file, 'utf8')) as WiringObserved;

  it('adds what it has seen when an application is closed, once', async () => {
    for (const isDisposed of [true, false]) {
      const { app } = await start(shopWith({ propagateContext: false }));
      const collected = collectLinks(app, file);
      await track(app).execute(new Ship());
      if (isDisposed) collected.dispose();
      await app.close();
      collected.dispose();
    }
    expect(written().links).toEqual(LINKS);
  });

  it('writes nothing before, and tells of a file that is another', async () => {
    writeFileSync(file, 'mine');
    const { app, log } = await start(shopWith({ propagateContext: false }));
    collectLinks(app, file);
    const other = join(folder, 'other.json');
    const collected = collectLinks(app, other);
    expect(existsSync(other)).toBe(false);
    await app.close();
    collected.dispose();
    expect(readFileSync(file, 'utf8')).toBe('mine');
    expect(existsSync(other)).toBe(true);
    expect(log.errors).toEqual([expect.stringContaining('is not a file of collectLinks()')]);
  });
});
