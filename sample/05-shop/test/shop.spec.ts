import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeWithNats } from '../../../test/support/brokers.js';
import { RunningShop } from './running-shop.js';

/** Several processes start, and a busy machine takes its time. */
const PATIENCE = 120_000;

/** With the correlation of `tree.txt` put in place. */
const treeOf = (correlationId: string): string =>
  readFileSync(join(import.meta.dirname, 'tree.txt'), 'utf8').replace('c-1', correlationId);

describe('sample 05-shop, started by npm run start:shop', () => {
  let shop: RunningShop;

  beforeAll(async () => {
    shop = await RunningShop.start();
  }, PATIENCE);

  afterAll(() => shop?.stop('SIGTERM'), PATIENCE);

  it('places an order with the results of two other processes', async () => {
    const answer = await shop.order({ customer: 'grace', cents: 1200, weight: 2 }, 'c-1');
    expect(answer.status).toBe(201);
    expect(await answer.json()).toEqual({
      orderId: expect.any(String),
      paymentId: expect.any(String),
      paidAt: expect.stringMatching(/^\d{4}-.*Z$/),
      cents: 1700,
    });
  });

  it('shows one request as a tree across the processes', async () => {
    await shop.order({ customer: 'edsger', cents: 100, weight: 2 }, 'c-2');
    await shop.says(treeOf('c-2'));
    expect(shop.text).not.toContain('[order]');
  });

  it('answers a declined payment by the class of its error', async () => {
    const answer = await shop.order({ customer: 'alan', cents: 12_000, weight: 1 }, 'c-3');
    expect([answer.status, await answer.json()]).toEqual([
      402,
      { message: 'alan has 10000 cents left.', left: 10_000 },
    ]);
  });

  it('reads the rows of a stream of another process', async () => {
    for (const cents of [100, 200, 300]) await shop.order({ customer: 'barbara', cents, weight: 0 }, `b-${cents}`);
    const lines = (await (await shop.payments('barbara')).text()).trimEnd().split('\n');
    expect(lines.map(line => JSON.parse(line).cents)).toEqual([100, 200, 300]);
  });

  it('prints curl lines that work', () => {
    const bodies = shop.curlLines.map(line => spawnSync(line, { shell: true, encoding: 'utf8' }).stdout);
    expect(bodies).toEqual([
      expect.stringContaining('201 Created'),
      expect.stringContaining('402 Payment Required'),
      expect.stringMatching(/^{"paymentId":.*"cents":1700}\n$/),
    ]);
  });

  it(
    'answers 503 while the payment process is not there',
    async () => {
      process.kill(shop.processOf('payment'), 'SIGKILL');
      const outcomes: string[] = [];
      // A request may be written before the client learns that the connection is closed.
      while (outcomes.at(-1) !== 'not-handled') {
        const answer = await shop.order({ customer: 'tony', cents: 100, weight: 1 }, 'c-4');
        expect(answer.status).toBe(503);
        outcomes.push(((await answer.json()) as { outcome: string }).outcome);
      }
      expect(outcomes.length).toBeLessThan(4);
    },
    PATIENCE,
  );

  it(
    'ends all processes with Ctrl+C',
    async () => {
      expect(await shop.stop('SIGINT')).toBe(0);
      await shop.ended();
    },
    PATIENCE,
  );
});

describeWithNats('sample 05-shop over NATS', broker => {
  it(
    'places an order, shows its tree, and leaves no process behind when the first is killed',
    async () => {
      // Compiled by the start above.
      const shop = await RunningShop.startCompiled({ NATS_URL: broker.url });
      expect(shop.text).toContain('Running over NATS');
      expect((await shop.order({ customer: 'ada', cents: 1200, weight: 2 }, 'n-1')).status).toBe(201);
      expect((await shop.order({ customer: 'ada', cents: 12_000, weight: 2 }, 'n-2')).status).toBe(402);
      await shop.says(treeOf('n-1'));
      expect(await (await shop.payments('ada')).text()).toContain('"cents":1700');
      await shop.stop('SIGKILL');
      await shop.ended();
    },
    PATIENCE,
  );
});
