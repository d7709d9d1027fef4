import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { Test, type TestingModule } from '@nestjs/testing';
import { CommandBus } from 'nestjs-cqrs';
import { restoreStubs, stub, track } from 'nestjs-cqrs/testing';
import { steady } from '../../../support/golden.js';
import { quietLog } from '../../../support/quiet-log.js';
import { AskForReview, Carrier, Mailer, Orders, OrderShipped, OrdersModule, SendTrackingMail, Ship } from './orders.js';

const send = jest.fn<(template: string, orderId: string) => Promise<void>>();
const page = readFileSync(join(import.meta.dirname, '../../../../docs/testing.md'), 'utf8');
let module: TestingModule;

beforeEach(async () => {
  quietLog();
  send.mockReset();
  module = await Test.createTestingModule({ imports: [OrdersModule] })
    .overrideProvider(Carrier)
    .useValue({ book: async () => 'parcel 7' })
    .overrideProvider(Mailer)
    .useValue({ send })
    .compile();
  await module.init();
});

// #region restore
afterEach(() => {
  restoreStubs(module);
  return module.close();
});
// #endregion

describe('a message and all that it causes', () => {
  it('is tracked', async () => {
    // #region track
    const flow = await track(module).execute(new Ship('o1'));

    expect(flow.result).toBe('parcel 7');
    expect(flow.published.only(OrderShipped).parcel).toBe('parcel 7');
    flow.executed.inOrder(Ship, AskForReview);
    expect(send).toHaveBeenCalledWith('review', 'o1');
    // #endregion
    const tree = steady(flow.tree());
    expect(steady(page)).toContain(tree);
  });

  it('tells which saga has sent a command', async () => {
    // #region emitted
    const flow = await track(module).execute(new Ship('o1'));

    expect(flow.emitted.only(AskForReview).orderId).toBe('o1');
    expect(flow.emitted.map(({ saga }) => saga)).toEqual(['ReviewSagas.onShipped']);
    // #endregion
    expect(flow.late).toHaveLength(0);
  });

  it('is tracked from a service', async () => {
    // #region run
    const flow = await track(module).run(() => module.get(Orders).pay('o1'));

    flow.published.only(OrderShipped, { orderId: 'o1' });
    // #endregion
    expect(flow.result).toBe('parcel 7');
  });

  it('is answered by stubs', async () => {
    // #region stub
    const shipping = stub(module, Ship).with(({ orderId }) => `parcel of ${orderId}`);

    expect(await module.get(Orders).pay('o1')).toBe('parcel of o1');
    expect(shipping.calls).toEqual([new Ship('o1')]);
    // #endregion
  });

  it('is answered by stubs in several ways', async () => {
    // #region stubs
    stub(module, Ship).inTurn('parcel 1', new Error('The carrier is closed.'));
    stub(module, AskForReview).failing(new Error('The mail server is down.'));
    stub(module, SendTrackingMail).silent();
    // #endregion
    expect(await module.get(CommandBus).execute(new Ship('o1'))).toBe('parcel 1');
    await expect(module.get(CommandBus).execute(new Ship('o1'))).rejects.toThrow('closed');
  });

  it('fails where it is looked at', async () => {
    send.mockRejectedValueOnce(new Error('The mail server is down.'));
    // #region collect
    const flow = await track(module, { failures: 'collect' }).execute(new Ship('o1'));

    expect(flow.failures).toEqual([
      {
        error: new Error('The mail server is down.'),
        message: new OrderShipped('o1', 'parcel 7'),
        handler: { name: 'SendTrackingMail', module: 'OrdersModule' },
      },
    ]);
    // #endregion
  });

  it('tells of a failure what it was and what has caused it', async () => {
    send.mockRejectedValueOnce(new Error('The mail server is down.'));
    const { message } = await track(module)
      .execute(new Ship('o1'))
      .then(
        () => new Error('It has not failed.'),
        (error: Error) => error,
      );
    expect(steady(page).replaceAll('orders.spec.ts', 'tracking.spec.ts')).toContain(steady(message));
  });
});
