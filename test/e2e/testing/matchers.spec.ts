import '../../../lib/testing/jest.js';
import { inspect } from 'node:util';
import { track, type Flow } from '../../../lib/testing/index.js';
import { start, type Started } from '../../support/application.js';
import { steady } from '../../support/golden.js';
import { OrderPlaced, OrdersModule, OutOfStock, PlaceOrder, RefundPayment, Ship, Trouble } from './failing-orders.js';
import { failureOfMatcher } from './failures-of.js';

let started: Started;

beforeEach(async () => {
  started = await start({ imports: [OrdersModule] });
});

const place = (failures: 'throw' | 'collect' = 'throw'): Promise<Flow> =>
  track(started.app, { failures }).execute(new PlaceOrder('o1'));

describe('expect() of a flow', () => {
  it('asks for messages', async () => {
    const flow = await place();
    expect(flow).toHaveExecuted(Ship);
    expect(flow).toHaveExecuted(PlaceOrder, { orderId: 'o1' });
    expect(flow).toHavePublished(OrderPlaced, new OrderPlaced('o1', 25));
    expect(flow).toHavePublished(OrderPlaced, { total: expect.any(Number) as number });
    expect(flow).not.toHaveExecuted(RefundPayment);
    expect(flow).not.toHavePublished(OrderPlaced, { total: 30 });
    expect(flow).not.toHaveAsked(PlaceOrder);
    expect(flow).not.toHaveFailed();
  });

  it('asks for failures', async () => {
    started.app.get(Trouble, { strict: false }).outOfStock = true;
    const flow = await place('collect');
    expect(flow).toHaveFailed();
    expect(flow).toHaveFailed(OutOfStock, 'i7');
    expect(flow).toHaveFailed(/none left/);
    expect(flow).not.toHaveFailed(TypeError);
    failureOfMatcher('matcher-failed', () => expect(flow).toHaveFailed(TypeError));
    failureOfMatcher('matcher-not-failed', () => expect(flow).not.toHaveFailed());
  });

  it('says what was there instead', async () => {
    const flow = await place();
    failureOfMatcher('matcher-executed', () => expect(flow).toHaveExecuted(RefundPayment));
    failureOfMatcher('matcher-published', () => expect(flow).toHavePublished(OrderPlaced, { total: 30 }));
    failureOfMatcher('matcher-several', () => expect(flow).toHaveExecuted(Ship, { orderId: 'o2' } as never));
    failureOfMatcher('matcher-not-executed', () => expect(flow).not.toHaveExecuted(Ship));
    failureOfMatcher('matcher-no-failure', () => expect(flow).toHaveFailed(OutOfStock));
  });

  it('refuses what is not a flow, also with not', () => {
    const promise = place();
    expect(() => expect(promise).not.toHaveExecuted(RefundPayment)).toThrow('a promise: write await before track()');
    expect(() => expect(new Ship()).toHaveFailed()).toThrow('not for Ship');
    expect(() => expect('flow').not.toHaveFailed()).toThrow('not for a value of type string');
    return promise;
  });
});

describe('console.log', () => {
  it('shows a message of a flow on one line', async () => {
    started.app.get(Trouble, { strict: false }).outOfStock = true;
    const flow = await place('collect');
    expect(steady(inspect(flow.published.of(OrderPlaced)[0]))).toBe(
      "event OrderPlaced { orderId: 'o1', total: 25 } → Stock.reserve, Billing.charge, N ms, caused by command PlaceOrder",
    );
    expect(steady(inspect(flow.emitted[0]))).toBe(
      'saga Shipping.onPlaced: command Ship {} → Shipping.ship, N ms, caused by event OrderPlaced',
    );
    expect(inspect(flow.executed).split('\n')[0]).toMatch(/^RecordedList\(3\) \[/);
  });

  it('shows a flow as its tree', async () => {
    const flow = await place();
    expect(inspect(flow)).toBe(`Flow\n${flow.tree()}`);
  });
});
