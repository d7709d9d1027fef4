import { join } from 'node:path';
import { CqrsModule, type CqrsMiddleware, type Next } from 'nestjs-cqrs';
import { middlewareCase, partly, sagaOf, scenario, stub, testApp, track, type TestApp } from 'nestjs-cqrs/testing';
// #region matchers-import
import 'nestjs-cqrs/testing/jest';
// #endregion
import { goldenText, steady } from '../../../support/golden.js';
import { quietLog } from '../../../support/quiet-log.js';
import {
  AskForReview,
  Carrier,
  Mailer,
  OrderShipped,
  OrdersModule,
  ReviewSagas,
  SendTrackingMail,
  Ship,
} from './orders.js';
import { OrderPaid, Remind, Reminders } from './reminders.js';

// #region app
let app: TestApp;

beforeEach(async () => {
  app = await testApp({
    imports: [OrdersModule],
    overrides: [
      [Carrier, { book: async () => 'parcel 7' }],
      [Mailer, { send: async () => undefined }],
    ],
  });
});

afterEach(() => app.close());
// #endregion

beforeEach(() => void quietLog());

/** With numbers that stay, as a person would see them. */
const pictured = (text: string): string => steady(text).replaceAll('N ms', '4 ms').replaceAll('.ts:N', '.ts:62');

describe('a test as one sentence', () => {
  it('of an application', async () => {
    // #region scenario
    await scenario(app).given(new OrderPaid('o1')).when(new Ship('o1')).publishes(new OrderShipped('o1', 'parcel 7'));
    // #endregion
  });

  it('asked several things', async () => {
    // #region several
    const shipped = scenario(app).stubbed(AskForReview, new Error('The mail server is down.')).when(new Ship('o1'));

    await shipped.fails('The mail server is down.');
    await shipped.answers('parcel 7');
    await shipped.publishes(partly(OrderShipped, { orderId: 'o1' }));
    await shipped.sends(new AskForReview('o1'));
    // #endregion
  });

  it('that fails', async () => {
    const error = await scenario(app)
      .when(new Ship('o1'))
      .publishes(new OrderShipped('o1', 'parcel 8'))
      .then(
        () => new Error('It has not failed.'),
        (failure: Error) => failure,
      );
    const text = pictured(error.message);
    expect(text).toBe(goldenText(join(import.meta.dirname, 'another-parcel.txt'), text));
  });

  it('of a saga', async () => {
    // #region saga
    await sagaOf(new ReviewSagas(), 'onShipped').when(new OrderShipped('o1', 'parcel 7')).sends(new AskForReview('o1'));

    await sagaOf(new Reminders(), 'afterADay').given(new OrderPaid('o1')).whenTimePasses('24h').sends(new Remind('o1'));
    // #endregion
  });

  it('with stubs from the start', async () => {
    // #region app-stubs
    await using app = await testApp({
      imports: [CqrsModule.forRoot()],
      providers: [ReviewSagas],
      stubs: on => on(AskForReview).silent(),
    });

    await scenario(app).when(new OrderShipped('o1', 'parcel 7')).sends(new AskForReview('o1'));
    // #endregion
  });
});

describe('expect()', () => {
  it('asks for messages of a flow', async () => {
    stub(app, SendTrackingMail).silent();
    // #region matchers
    const flow = await track(app).execute(new Ship('o1'));

    expect(flow).toHavePublished(OrderShipped, { parcel: 'parcel 7' });
    expect(flow).toHaveExecuted(AskForReview);
    expect(flow).not.toHaveFailed();
    // #endregion
  });
});

// #region middleware-class
class Retry implements CqrsMiddleware {
  constructor(private readonly times: number) {}

  async intercept(message: object, next: Next): Promise<unknown> {
    for (let left = this.times; ; left--)
      try {
        return await next(message);
      } catch (error) {
        if (left === 0) throw error;
      }
  }
}
// #endregion

// #region middleware
describe('Retry', () => {
  const retry = middlewareCase(new Retry(1), { effects: ['repeats', 'changes errors'] });

  it.each(retry.checks)('$name', ({ run }) => expect(run()).resolves.toBeUndefined());

  it('tries again once', async () => {
    const { result, handled } = await retry.run(new Ship('o1'), [new Error('busy'), 'parcel 7']);

    expect(result).toBe('parcel 7');
    expect(handled).toHaveLength(2);
  });
});
// #endregion
