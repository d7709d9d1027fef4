import { Module } from '@nestjs/common';
import {
  Command,
  CommandHandler,
  CqrsModule,
  Event,
  EventsHandler,
  Message,
  Query,
  route,
  Wiring,
} from '../../../lib/index.js';
import { InTransaction } from '../../../lib/extension.js';
import { MemoryRemote } from '../../../lib/testing/index.js';
import { start } from '../../support/application.js';
import { Charge, ListOrders, OrderPlaced, PlaceOrder, Remind, wiringOfShop } from './shop.js';

/** Without places, which move with every line. */
const withoutPlaces = (text: string) => text.replaceAll(/ {3}test\/\S+:\d+/g, '');

describe('explain() of an application with some of everything', () => {
  let wiring: Wiring;
  beforeEach(async () => {
    wiring = await wiringOfShop();
  });

  it.each<[string, new (...args: never[]) => object, string[]]>([
    [
      'a command with a name, a schema, two limits and a handler made per dispatch',
      PlaceOrder,
      [
        'command PlaceOrder',
        '  wire name    orders.place, version 2, once orders.create',
        '  extends      OrderCommand',
        '  schema       zod',
        '  handled by   PlaceOrderHandler (OrdersModule), class, request',
        '    → timeLimit(2000)   forRoot.timeout: built in, outside of all that is listed',
        '    → validation   forRoot.validation: built in, outside of all that is listed',
        '    → Trace   @Middleware on Trace: before Audit',
        '    → Audit   forRoot.middleware[0]: in the order of the list',
        '    → Retry   @UseMiddleware on PlaceOrder: of the message, inside of that of the bus',
        '    → timeLimit(500)   @Timeout on PlaceOrderHandler.execute: of the method, inside of that of the class',
      ],
    ],
    [
      'a command that is stored and scheduled',
      Remind,
      [
        'command Remind',
        '  wire name    orders.remind, version 1',
        '  handled by   Orders.remind (OrdersModule), method, singleton',
        '    → timeLimit(2000)   forRoot.timeout: built in, outside of all that is listed',
        '    → Trace   @Middleware on Trace: before Audit',
        '    → Audit   forRoot.middleware[0]: in the order of the list',
        '  stored in    orders.remind (memory) by enqueue(), 5 retries',
        '  scheduled    nightly: 0 3 * * *, UTC',
      ],
    ],
    [
      'a query with rows that another process may ask',
      ListOrders,
      [
        'query ListOrders',
        '  answers      with rows',
        '  handled by   Orders.list (OrdersModule), method, singleton',
        '    → timeLimit(2000)   forRoot.timeout: built in, outside of all that is listed',
        '    → Audit   forRoot.middleware[0]: in the order of the list',
        "    Allowed   Nest's enhancers, around the method",
        '  exposed on   orders (memory)',
      ],
    ],
    [
      'a query that another process answers',
      Charge,
      [
        'query Charge',
        '  wire name    billing.charge, version 1',
        '  sent to      billing (memory), answer within 5000 ms',
      ],
    ],
    [
      'an event whose handler gets it from a queue',
      OrderPlaced,
      [
        'event OrderPlaced',
        '  wire name    orders.placed, version 1',
        '  handled by   Orders.mail (OrdersModule), method, singleton',
        '  phase        from its queue',
        '    → timeLimit(2000)   forRoot.timeout: built in, outside of all that is listed',
        '    → Audit   forRoot.middleware[0]: in the order of the list',
        '  waits in     the queue mails (memory) before this handler gets it',
        '  saga         Orders.remindLater (OrdersModule)',
        '  saga         Orders.watch (OrdersModule), which gets the stream of all events',
      ],
    ],
  ])('%s', (_title, type, lines) => {
    expect(withoutPlaces(wiring.explain(type)).split('\n')).toEqual(lines);
  });

  it.each([
    ['orders.place', PlaceOrder],
    ['orders.create', PlaceOrder],
    ['OrdersModule/PlaceOrderHandler', PlaceOrder],
    ['PlaceOrderHandler', PlaceOrder],
    ['Orders.remind', Remind],
    ['query:Charge', Charge],
  ])('knows %s', (name, type) => {
    expect(wiring.explain(name)).toBe(wiring.explain(type));
  });

  it('of a handler for several messages explains each once', () => {
    expect(withoutPlaces(wiring.explain('Orders')).match(/^(command|query|event) \w+/gm)).toEqual([
      'command Remind',
      'query ListOrders',
      'event OrderPlaced',
    ]);
  });
});

@Message({ name: 'billing.refund' })
class Refund extends Query<string> {}
@Message({ name: 'billing.paid' })
class Paid extends Event {}
class Note extends Command {}

class Ledger {
  @InTransaction()
  @EventsHandler(Paid)
  write() {}

  @EventsHandler(Paid)
  tell() {}

  @CommandHandler(Note)
  note() {}
}

@Module({ providers: [Ledger] })
class LedgerModule {}

describe('explain() of phases and of routes by name', () => {
  const unitOfWork = { current: () => undefined, run: (work: () => unknown) => work() };

  it('tells when handlers get an event of a unit of work, and by which route a message leaves', async () => {
    const { app } = await start({
      imports: [
        CqrsModule.forRoot({
          unitOfWork: unitOfWork as never,
          routes: [route('billing.*').to(new MemoryRemote('billing').transport())],
        }),
        LedgerModule,
      ],
    });
    const wiring = app.get(Wiring);
    expect(withoutPlaces(wiring.explain(Paid)).split('\n')).toEqual([
      'event Paid',
      '  wire name    billing.paid, version 1',
      '  handled by   Ledger.write (LedgerModule), method, singleton',
      '  phase        within the transaction of the publisher',
      '  handled by   Ledger.tell (LedgerModule), method, singleton',
      '  phase        after the commit, where the publisher is in a unit of work',
      '  sent to      billing (memory) by the route billing.*, answer within 5000 ms',
    ]);
    expect(withoutPlaces(wiring.explain(Refund)).split('\n').at(-1)).toBe(
      '  sent to      billing (memory) by the route billing.*, answer within 5000 ms',
    );
    expect(wiring.explain(Note)).not.toContain('sent to');
  });
});
