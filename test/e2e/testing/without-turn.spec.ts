import { jest } from '@jest/globals';
import { start } from '../../support/application.js';
import { ordersModule, pace, PlaceOrder } from './orders.js';

const moment = await import('../../../lib/testing/flow/moment.js');
jest.unstable_mockModule('../../../lib/testing/flow/moment.js', () => ({
  ...moment,
  messageTurn: async () => undefined,
}));
const { track } = await import('../../../lib/testing/index.js');

// Whether the test of exact ends would notice: the kit without the turn of the event loop at its end.
it('without a turn of the event loop, work that continues in promises alone comes too late', async () => {
  const { app } = await start({ imports: [ordersModule()] });
  let late = 0;
  for (let i = 0; i < 20 && late === 0; i++) {
    pace.seed = i * 7919 + 1;
    const flow = await track(app, { timeout: 20_000 }).execute(new PlaceOrder(`o${i}`));
    await new Promise(resolve => setTimeout(resolve, 50));
    late += flow.late.length;
  }
  expect(late).toBeGreaterThan(0);
}, 60_000);
