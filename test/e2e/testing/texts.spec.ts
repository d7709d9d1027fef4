import { scenario, track, type Flow } from '../../../lib/testing/index.js';
import { start, type Started } from '../../support/application.js';
import { steady } from '../../support/golden.js';
import { pending, quiet, until } from '../../support/waiting.js';
import {
  CancelOrder,
  OrderPlaced,
  OrdersModule,
  PlaceOrder,
  RefundPayment,
  Remind,
  Ship,
  Shipped,
  Trouble,
} from './failing-orders.js';
import { expectText, failureOf, golden, rejectionOf } from './failures-of.js';

let started: Started;
let trouble: Trouble;

beforeEach(async () => {
  started = await start({ imports: [OrdersModule] });
  trouble = started.app.get(Trouble, { strict: false });
});

const place = (): Promise<Flow<void>> => track(started.app).execute(new PlaceOrder('o1'));

describe('what is told of a flow that does not settle', () => {
  it('what runs, what waits and for what, which timers are pending, and what has happened', async () => {
    Object.assign(trouble, { bill: pending(), ship: pending(), outOfStock: true, reminder: 60_000 });
    const error = await rejectionOf(track(started.app, { timeout: 200 }).execute(new PlaceOrder('o1')));
    expect(steady(error.message)).toBe(golden('not-settled', error));
    trouble.bill!.finish();
    trouble.ship!.finish();
    trouble.ended.next();
  });

  it('that until() has not been true', async () => {
    const flow = track(started.app, { timeout: 50, until: () => false }).execute(new CancelOrder());
    const notSettledUntilError = await rejectionOf(flow);
    expect(steady(notSettledUntilError.message)).toBe(golden('not-settled-until', notSettledUntilError));
  });

  it('also where the test collects failures', async () => {
    trouble.bill = pending();
    const flow = track(started.app, { timeout: 5, failures: 'collect' }).execute(new PlaceOrder('o1'));
    const { message } = await rejectionOf(flow);
    expect(message).toMatch(/^Not settled after 5 ms: command PlaceOrder, tracked at texts\.spec/);
    trouble.bill.finish();
  });

  it('what was given to run(), if that is all', async () => {
    const { promise, finish } = pending();
    const notSettledRunError = await rejectionOf(track(started.app, { timeout: 5 }).run(() => promise));
    expect(steady(notSettledRunError.message)).toBe(golden('not-settled-run', notSettledRunError));
    finish();
  });
});

describe('what is told of failures that were not handled', () => {
  it('each with handler, place and cause', async () => {
    Object.assign(trouble, { bill: pending(), mailServer: true, outOfStock: true });
    const error = await rejectionOf(place());
    expect(steady(error.message)).toBe(golden('failures', error));
    expect([error.cause, error.actual]).toEqual([
      expect.objectContaining({ message: 'none left of i7' }),
      [expect.objectContaining({ name: 'OutOfStock' }), new Error('connect ECONNREFUSED 127.0.0.1:25')],
    ]);
  });

  it('those of sagas and of their commands', async () => {
    Object.assign(trouble, { shipping: true });
    const failuresSagaCommandError = await rejectionOf(place());
    expect(steady(failuresSagaCommandError.message)).toBe(golden('failures-saga-command', failuresSagaCommandError));
    Object.assign(trouble, { shipping: false, saga: true });
    const failuresSagaError = await rejectionOf(place());
    expect(steady(failuresSagaError.message)).toBe(golden('failures-saga', failuresSagaError));
  });
});

describe('what is told of a message that is not as expected', () => {
  it('the difference of its fields, and what has caused it', async () => {
    const { published } = await place();
    const error = failureOf(() => published.only(OrderPlaced, { total: 30 }));
    expect(steady(error.message)).toBe(golden('another-total', error));
    expect([error.actual, error.expected]).toEqual([new OrderPlaced('o1', 25), { total: 30 }]);
    expect(published.only(OrderPlaced, new OrderPlaced('o1', 25))).toEqual(new OrderPlaced('o1', 25));
    expect(published.only(OrderPlaced, { total: expect.any(Number) as number }).total).toBe(25);
  });

  it('that it was not sent: what was, and where else it was', async () => {
    await place();
    await started.commands.execute(new CancelOrder());
    const { executed, published } = await place();
    const error = failureOf(() => executed.only(RefundPayment));
    expect(steady(error.message)).toBe(golden('nothing-executed', error));
    expect([error.actual, error.expected]).toEqual([['PlaceOrder', 'Ship', 'Ship'], ['RefundPayment']]);
    const bare = await track(started.app).run(() => 1);
    expectText(
      'nothing-published',
      failureOf(() => bare.published.only(OrderPlaced)),
    );
    expect(published.of(Shipped)).toHaveLength(2);
  });

  it('that it came late', async () => {
    trouble.reminder = 60_000;
    const begun = performance.now();
    const flow = await place();
    trouble.ended.next();
    await until(() => flow.late.length > 0);
    const late = failureOf(() => flow.executed.only(Remind));
    expectText('late', late);
    // Since the flow settled, and not since something that was before this test.
    const [, after] = /One came ([\d,]+) ms after/.exec(late.message)!;
    expect(Number(after!.replaceAll(',', ''))).toBeLessThanOrEqual(performance.now() - begun);
    await flow.settled();
    expect([flow.executed.only(Remind), flow.late.length]).toEqual([new Remind(), 0]);
  });

  it('that it came late, from what nothing awaited', async () => {
    const later = pending();
    const flow = await track(started.app).run(() => {
      void later.promise.then(() => started.commands.execute(new CancelOrder()));
    });
    later.finish();
    await until(() => flow.late.length > 1);
    expectText(
      'late-floating',
      failureOf(() => flow.executed.only(RefundPayment)),
    );
    expectText(
      'late-floating-first',
      failureOf(() => flow.executed.inOrder(CancelOrder)),
    );
  });

  it('that a timer is pending, which may send it', async () => {
    trouble.reminder = 60_000;
    const flow = await place();
    expectText(
      'pending-timer',
      failureOf(() => flow.executed.only(Remind)),
    );
    expectText(
      'pending-timer-order',
      failureOf(() => flow.executed.inOrder(Ship, Remind)),
    );
    expectText(
      'pending-timer-scenario',
      await rejectionOf(scenario(started.app).when(new PlaceOrder('o1')).sends(new Ship(), new Ship(), new Remind())),
    );
    trouble.ended.next();
    await quiet();
  });

  it('that it was sent several times, or should not have been', async () => {
    const { emitted } = await place();
    expectText(
      'several',
      failureOf(() => emitted.only(Ship)),
    );
    expectText(
      'none',
      failureOf(() => emitted.none(Ship)),
    );
    expect(() => emitted.none(RefundPayment)).not.toThrow();
  });

  it('that the order is another', async () => {
    const { executed, published } = await place();
    expectText(
      'order',
      failureOf(() => executed.inOrder(Ship, PlaceOrder)),
    );
    expect(() => published.inOrder(OrderPlaced, Shipped, Shipped)).not.toThrow();
    await quiet();
  });
});
