import { scenario, testApp, track, type TestApp } from '../../../lib/testing/index.js';
import { CancelOrder, OrdersModule, RefundPayment } from './failing-orders.js';

// Run by failing-in-jest.spec.ts: each test fails.

let app: TestApp;

beforeEach(async () => {
  app = await testApp({ imports: [OrdersModule] });
});

afterEach(() => app.close());

it('misses a message', async () => {
  const flow = await track(app).execute(new RefundPayment());
  flow.executed.only(CancelOrder);
});

it('expects another message', async () => {
  await scenario(app).when(new RefundPayment()).sends(new CancelOrder());
});
