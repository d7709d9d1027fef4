import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describeWithNats } from '../../../test/support/brokers.js';
import { RunningShop } from './running-shop.js';

/** Several processes start, and a busy machine takes its time. */
const PATIENCE = 120_000;

/** Trees have no reminders. */
const REMIND_AFTER = '3600000';

/** With the correlation of `tree.txt` put in place. */
const treeOf = (correlationId: string): string =>
  readFileSync(join(import.meta.dirname, 'tree.txt'), 'utf8').replace('c-1', correlationId);

describe('sample 05-shop, started by npm run start:shop', () => {
  let shop: RunningShop;

  beforeAll(async () => {
    shop = await RunningShop.start({ REMIND_AFTER });
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

  it('serves what Prometheus scrapes, with the count and the time of each message', async () => {
    const count = 'messaging_process_duration_count';
    while ((await shop.metrics())[`${count} execute mail.send`] === undefined) await pause(20);
    expect(await shop.metrics()).toMatchObject({
      [`${count} execute PlaceOrder`]: 1,
      [`${count} execute SaveOrder`]: 1,
      [`${count} process order.placed`]: 1,
      [`${count} execute mail.send`]: 1,
      'cqrs_active execute PlaceOrder': 0,
      'messaging_client_sent_messages_total publish order.placed': 1,
      'messaging_client_sent_messages_total send payment.charge': 1,
      'messaging_client_sent_messages_total send shipping.quote': 1,
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
      expect.stringMatching(/^\[.*\]$/),
      expect.stringContaining('201 Created'),
      expect.stringMatching(/^{"order":{"queues":\[{"queue":"confirmations",/),
      expect.stringContaining('\ncqrs_active{'),
    ]);
  });

  it(
    'sends the mails, and shows the one that cannot be sent as a dead letter',
    async () => {
      let letters: unknown[] = [];
      while (letters.length === 0) letters = [...(await shop.queues())['order']!.deadLetters];
      expect(letters).toEqual([
        { id: expect.stringMatching(/^confirmation-/), queue: 'mail.send', reason: 'ghost has no mailbox' },
      ]);
      while ((await shop.sql(`select 1 from shop_mails where customer = 'ada'`)).length === 0) await pause(100);
    },
    PATIENCE,
  );

  it(
    'answers 503 while the payment process is not there, and starts it again',
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
      await shop.says('payment was ended by SIGKILL, and runs again');
      while ((await shop.order({ customer: 'tony', cents: 100, weight: 1 }, 'c-5')).status !== 201) await pause(100);
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

describe('sample 05-shop, whose processes are killed', () => {
  let shop: RunningShop;
  const accepted: string[] = [];
  const closing = new AbortController();

  /** An order that gets no answer, or an error, was not accepted. */
  const customer = async (name: string): Promise<void> => {
    for (let n = 0; !closing.signal.aborted; n++) {
      const order = { customer: `${name}-${n}`, cents: 100, weight: 1 };
      const answer = await shop.order(order, order.customer).then(
        async response => ({ status: response.status, body: (await response.json()) as { orderId: string } }),
        () => undefined,
      );
      if (answer?.status === 201) accepted.push(answer.body.orderId);
      await pause(20);
    }
  };

  const acceptedMore = async (): Promise<void> => {
    const count = accepted.length + 10;
    while (accepted.length < count) await pause(20);
  };

  beforeAll(async () => {
    // Compiled by the start above.
    shop = await RunningShop.startCompiled({ LEASE: '5000', REMIND_AFTER: '1000', REPORT_CRON: '* * * * *' });
  }, PATIENCE);

  afterAll(() => shop?.stop('SIGKILL'), PATIENCE);

  it(
    'keeps each accepted order, and writes one invoice, one confirmation and one reminder for each',
    async () => {
      const customers = [customer('ada'), customer('grace'), customer('alan')];
      for (const service of ['shipping', 'payment', 'order']) {
        await acceptedMore();
        await shop.killed(service);
        await acceptedMore();
      }
      closing.abort();
      await Promise.all(customers);
      await shop.idle();

      const idsOf = async (column: string, table: string) =>
        (await shop.sql<{ id: string }>(`select ${column} as id from ${table}`)).map(({ id }) => id).toSorted();
      const orders = await idsOf('id', 'shop_orders');
      expect(accepted.filter(id => !orders.includes(id))).toEqual([]);
      // Also of an order whose process was killed after the commit, and before the answer.
      expect(await idsOf('order_id', 'shop_invoices')).toEqual(orders);
      expect(await idsOf('order_id', 'shop_couriers')).toEqual(orders);
      const mails = orders.flatMap(id => [`confirmation-${id}`, `reminder-${id}`]).toSorted();
      expect(await idsOf('id', 'shop_mails')).toEqual(mails);
      const again = (await shop.sql('select 1 from shop_mails where deliveries > 1')).length;
      process.stdout.write(`${accepted.length} orders; ${again} of ${mails.length} mails delivered twice, sent once\n`);
      const services = Object.values(await shop.queues());
      expect(services.flatMap(({ deadLetters }) => deadLetters)).toEqual([]);
    },
    3 * PATIENCE,
  );

  it(
    'writes the report of its schedule',
    async () => {
      await shop.says('[payment] Report: ');
      expect(shop.text).toMatch(/Report: \d+ invoices, \d+ cents/);
    },
    2 * PATIENCE,
  );

  it(
    'leaves no process behind when the first is killed',
    async () => {
      expect(await shop.stop('SIGKILL')).toBeNull();
      await shop.ended();
    },
    PATIENCE,
  );
});

describe('sample 05-shop, whose orders are rolled back with FAIL=after-save', () => {
  it.each([
    { FAIL: '', status: 201, rows: { orders: 1, mails: 2, invoices: 1, couriers: 1 } },
    { FAIL: 'after-save', status: 500, rows: { orders: 0, mails: 0, invoices: 0, couriers: 0 } },
  ])(
    'FAIL=$FAIL: answers $status, and there are $rows.orders orders, $rows.mails mails, $rows.invoices invoices',
    async ({ FAIL, status, rows }) => {
      // Compiled by the start above.
      const shop = await RunningShop.startCompiled({ FAIL, REMIND_AFTER: '1' });
      expect((await shop.order({ customer: 'ada', cents: 1200, weight: 2 }, 'f-1')).status).toBe(status);
      // What is stored is handled until then.
      await shop.idle();
      expect(await shop.rows()).toEqual(rows);
      await shop.stop('SIGTERM');
      expect(shop.text).toContain('payment: command Charge by Payments.charge');
      expect(shop.text.includes('is rolled back: FAIL=after-save')).toBe(status === 500);
      expect(shop.text.includes('payment: event OrderPlaced')).toBe(status === 201);
      expect(shop.text.includes('shipping: event OrderPlaced')).toBe(status === 201);
    },
    PATIENCE,
  );
});

describeWithNats('sample 05-shop over NATS', broker => {
  it(
    'places an order, shows its tree, and leaves no process behind when the first is killed',
    async () => {
      // Compiled by the start above.
      const shop = await RunningShop.startCompiled({ NATS_URL: broker.url, REMIND_AFTER });
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
