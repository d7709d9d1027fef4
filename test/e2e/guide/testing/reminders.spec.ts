import { Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Command, CommandHandler, CqrsModule, Event, ofType, Saga } from 'nestjs-cqrs';
import { track, virtualTime } from 'nestjs-cqrs/testing';
import { delay, map, type Observable } from 'rxjs';

class OrderPaid extends Event {
  constructor(readonly orderId: string) {
    super();
  }
}

class Remind extends Command {
  constructor(readonly orderId: string) {
    super();
  }
}

@Injectable()
class Reminders {
  // #region saga
  @Saga()
  afterADay = (events$: Observable<object>) =>
    events$.pipe(
      ofType(OrderPaid),
      delay(24 * 60 * 60 * 1000),
      map(({ orderId }) => new Remind(orderId)),
    );
  // #endregion

  @CommandHandler(Remind)
  remind(_command: Remind): void {}
}

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
