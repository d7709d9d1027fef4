import { Test } from '@nestjs/testing';
import { CqrsModule } from 'nestjs-cqrs';
import { track, virtualTime } from 'nestjs-cqrs/testing';
import { OrderPaid, Remind, Reminders } from './reminders.js';

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
