import { Injectable } from '@nestjs/common';
import { Command, CommandHandler, Event, ofType, Saga } from 'nestjs-cqrs';
import { delay, map, type Observable } from 'rxjs';

export class OrderPaid extends Event {
  constructor(readonly orderId: string) {
    super();
  }
}

export class Remind extends Command {
  constructor(readonly orderId: string) {
    super();
  }
}

@Injectable()
export class Reminders {
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
