import { jest } from '@jest/globals';
import { Test } from '@nestjs/testing';
import { CqrsModule } from 'nestjs-cqrs';
import { track, virtualTime } from 'nestjs-cqrs/testing';
import { OrderPaid, Remind, Reminders } from './reminders.js';

it('what comes when the flow had settled is late', async () => {
  const module = await Test.createTestingModule({ imports: [CqrsModule.forRoot()], providers: [Reminders] }).compile();
  await module.init();
  // #region late
  jest.useFakeTimers();
  const flow = await track(module).publish(new OrderPaid('o1'));

  await jest.advanceTimersByTimeAsync(24 * 60 * 60 * 1000); // in place of clock.advance()
  expect(flow.late.only(Remind).orderId).toBe('o1');
  flow.executed.none(Remind);

  await flow.settled(); // takes it in
  flow.executed.only(Remind);
  expect(flow.late).toHaveLength(0);
  // #endregion
  jest.useRealTimers();
  await module.close();
});

it('a saga waits for a day of virtual time', async () => {
  // #region time
  using clock = virtualTime();
  const module = await Test.createTestingModule({ imports: [CqrsModule.forRoot()], providers: [Reminders] }).compile();
  await module.init();

  const flow = await track(module).publish(new OrderPaid('o1'));
  flow.executed.none(Remind);

  await clock.advance('24h');
  flow.executed.only(Remind, { orderId: 'o1' });
  // #endregion
  expect(flow.late).toHaveLength(0);
  await module.close();
});
