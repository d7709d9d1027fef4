import { jest } from '@jest/globals';
import { CommandBus, ContextOrigin, EventBus, ObservedLinks, Wiring, type WiringEntry } from '../../../../lib/index.js';
import { track } from '../../../../lib/testing/index.js';
import { start } from '../../../support/application.js';
import { collectUntil } from '../../../support/garbage.js';
import { schemaErrors } from '../../../support/wiring-schema.js';
import { Audited, Noted, Orders, OrderPlaced, PlaceOrder, Refund, shopWith } from './shop.js';

jest.setTimeout(300_000);

const LINKS = [
  'BillingModule/Billing → command:Pay',
  'outside → command:PlaceOrder',
  'ShippingModule/Shipping.again → command:Remind',
  'ShippingModule/Shipping.remind → command:Remind',
  'ShippingModule/Shipping.ship → command:Ship',
  'OrderModule/Orders.ship → event:Audited',
  'OrderModule/Orders.place → event:OrderPlaced',
  'BillingModule/PayHandler → event:Paid',
  'OrderModule/Orders.ship → event:Shipped',
  'OrderModule/Orders.place → query:PriceOf',
];

const textsOf = (links: ObservedLinks) => links.toJSON().links.map(({ from, to, count }) => [`${from} → ${to}`, count]);

const observedShop = async (options = { propagateContext: false }) => {
  const { app } = await start(shopWith(options));
  return { app, links: new ObservedLinks(app), wiring: app.get(Wiring) };
};

const place = (app: Parameters<typeof track>[0]) =>
  track(app, { timers: 'wait', timeout: 20_000 }).execute(new PlaceOrder());

describe('Observed links', () => {
  it.each([true, false])('name the sender of each message, with propagateContext: %s', async propagateContext => {
    const { app, links } = await observedShop({ propagateContext });
    await Promise.all(Array.from({ length: 20 }, () => place(app)));
    expect(textsOf(links)).toEqual(LINKS.map(link => [link, 20]));
  });

  it('are part of the document if they are asked for, and of no other', async () => {
    const { app, links, wiring } = await observedShop();
    const before = wiring.document();
    await place(app);
    expect(wiring.document()).toEqual(before);
    const document = wiring.document({ observed: links });
    expect(document).toEqual({ ...before, observed: links.toJSON() });
    expect(document.observed!.since).toBe(links.since.toISOString());
    expect(schemaErrors(document)).toEqual([]);
    const ids = [...document.messages, ...document.handlers, ...document.sagas].map(({ id }) => id);
    const others = document.observed!.links.flatMap(({ from, to }) => [from, to]).filter(id => !ids.includes(id));
    expect(others).toEqual(['outside', 'event:Audited', 'event:Shipped']);
  });

  it('end with the block that declares them by `using`', async () => {
    const { app } = await observedShop();
    const links = new ObservedLinks(app);
    links[Symbol.dispose]();
    await place(app);
    expect(textsOf(links)).toEqual([]);
  });

  it('end with dispose(), also for what runs on', async () => {
    const { app, links } = await observedShop();
    const placed = place(app);
    links.dispose();
    const until = textsOf(links);
    await placed;
    await place(app);
    expect(until).toContainEqual(['outside → command:PlaceOrder', 1]);
    expect(textsOf(links)).toEqual(until);
  });

  it('see what the code says of its cause', async () => {
    const { app, links } = await observedShop();
    const commands = app.get(CommandBus, { strict: false });
    for (let run = 0; run < 3; run++)
      await commands.execute(new Refund(), { context: new ContextOrigin({ sentBy: { name: 'Nightly' } }) });
    await app.get(EventBus, { strict: false }).publish(new Audited());
    expect(textsOf(links)).toEqual([
      ['Nightly → command:Refund', 3],
      ['outside → event:Audited', 1],
    ]);
  });

  it('keep no message, even if a timer of its handler goes on', async () => {
    const { app } = await observedShop();
    const timers: NodeJS.Timeout[] = [];
    const refund = jest.spyOn(app.get(Orders, { strict: false }), 'refund');
    refund.mockImplementation(() => void timers.push(setInterval(() => undefined, 1_000_000)));
    const sent: WeakRef<Refund>[] = [];
    const send = () => {
      const command = new Refund();
      sent.push(new WeakRef(command));
      return app.get(CommandBus, { strict: false }).execute(command);
    };
    // The bus may know the latest command, and so does the spy until it is cleared.
    for (let run = 0; run < 3; run++) await send();
    refund.mockReset();
    await collectUntil(() => sent[0]!.deref() === undefined);
    expect(sent[0]!.deref()).toBeUndefined();
    expect(timers).toHaveLength(3);
    timers.forEach(clearInterval);
  });

  it('are told by explain(), with the place of the sender', async () => {
    const { app, links, wiring } = await observedShop();
    await place(app);
    expect(wiring.explain(OrderPlaced, { observed: links })).toContain(
      '  sent by      OrderModule/Orders.place, once   test/e2e/wiring/observed/shop.ts:',
    );
    const since = links.since.toISOString();
    expect(wiring.explain('Refund', { observed: links })).toContain(`  sent by      never seen, since ${since}`);
    expect(wiring.explain('Refund', { observed: links.toJSON(), observedIn: 'links.json' })).toContain(
      `  sent by      never seen in links.json, since ${since}`,
    );
    expect(wiring.explain('Refund')).not.toContain('sent by');
  });

  it('explain messages that were sent and have no handler, by class and by name', async () => {
    const { app, links, wiring } = await observedShop();
    await place(app);
    await app.get(EventBus, { strict: false }).publish(new Noted());
    const audited = [
      'event Audited',
      expect.stringMatching(/^ {2}sent by {6}OrderModule\/Orders\.ship, once {3}test.*\/shop\.ts:\d+$/),
      '  handled by   nothing: no handler, saga or route names it',
      expect.stringMatching(
        /^ {2}saga {9}Shipping\.remind \(ShippingModule\), which gets the stream of all events {3}/,
      ),
      expect.stringMatching(/^ {2}saga {9}Shipping\.again \(ShippingModule\), which gets the stream of all events {3}/),
    ];
    for (const observed of [links, links.toJSON()])
      for (const name of ['Audited', 'event:Audited'])
        expect(wiring.explain(name, { observed }).split('\n')).toEqual(audited);
    expect(wiring.explain(Audited, { observed: links })).toContain('\n  sent by      OrderModule/Orders.ship, once ');
    expect(wiring.explain(Noted, { observed: links })).toMatch(/^event Noted .*\n {2}sent by {6}outside, once\n/);
    expect(wiring.explain('Noted', { observed: links })).toMatch(/^event Noted\n {2}sent by {6}outside, once\n/);
    expect(wiring.explain('Audit', { observed: links })).toMatch(/ Did you mean Audited\?$/);
    expect([wiring.knows('Audited'), wiring.knows('Audited', { observed: links })]).toEqual([false, true]);
    expect(wiring.explain('Audited')).toBe('"Audited" is not the name of a message or handler of this application.');
  });

  it('show messages that have no handler in diagrams and in parts of the text', async () => {
    const { app, links: observed, wiring } = await observedShop();
    await place(app);
    const ship = '["Orders.ship (OrderModule)"]';
    expect(wiring.toMermaid({ observed })).toMatch(
      / n\d+\["Orders\.ship \(OrderModule\)"\] -\.->\|"1"\| n\d+\["Audited"\]\n/,
    );
    expect(wiring.toMermaid({ observed, module: 'OrderModule' })).toContain('["Audited"]');
    expect(wiring.toMermaid({ observed, module: 'BillingModule' })).not.toContain('["Audited"]');
    expect(wiring.toMermaid({ observed, message: 'Audited' })).toBe(
      `flowchart LR\n  n0${ship} -.->|"1"| n1["Audited"]`,
    );
    const only = ({ message }: WiringEntry) => message === 'Audited';
    expect(wiring.toText({ observed, only }).split('\n')).toEqual([
      `Sent by, since ${observed.since.toISOString()}`,
      '  event:Audited ← OrderModule/Orders.ship (1); no handler and no saga names it',
    ]);
  });

  it('are a part of the text, and dashed arrows of a diagram', async () => {
    const { app, links, wiring } = await observedShop();
    await place(app);
    const text = wiring.toText({ observed: links });
    expect(text.slice(text.indexOf('Sent by')).split('\n')).toEqual([
      `Sent by, since ${links.since.toISOString()}`,
      '  command:Pay        ← BillingModule/Billing (1)',
      '  command:PlaceOrder ← outside (1)',
      '  command:Refund     ← never seen',
      '  command:Remind     ← ShippingModule/Shipping.again (1), ShippingModule/Shipping.remind (1)',
      '  command:Ship       ← ShippingModule/Shipping.ship (1)',
      '  event:OrderPlaced  ← OrderModule/Orders.place (1)',
      '  event:Paid         ← BillingModule/PayHandler (1)',
      '  query:PriceOf      ← OrderModule/Orders.place (1)',
      '  event:Audited      ← OrderModule/Orders.ship (1); no handler and no saga names it',
      '  event:Shipped      ← OrderModule/Orders.ship (1); no handler and no saga names it',
    ]);
    expect(wiring.toMermaid({ observed: links, message: 'Pay' }).split('\n')).toEqual([
      'flowchart LR',
      '  n0["Pay"] --> n1["PayHandler (BillingModule)"]',
      '  n2["Billing (BillingModule)"] -.->|"1"| n0["Pay"]',
    ]);
    expect(wiring.toMermaid({ observed: links })).toContain('["Shipping.ship (ShippingModule)"] -.->|"1"| ');
  });
});
