import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Module } from '@nestjs/common';
import {
  Command,
  CommandBus,
  CommandHandler,
  CqrsModule,
  Event,
  EventBus,
  type MessageContext,
  ofType,
  Saga,
} from 'nestjs-cqrs';
import { testApp, track, type VirtualTime } from 'nestjs-cqrs/testing';
import { debounceTime, delay, map, type Observable } from 'rxjs';

class Paid extends Event {}
class Remind extends Command {}
class Warn extends Command {}
class Wait extends Command {}
class Waited extends Command {}

const HOUR = 3_600_000;

/** What has caused a reminder, as its context says. */
let cause: string | undefined;

@Injectable()
class Reminders {
  constructor(private readonly commands: CommandBus) {}

  @Saga()
  afterADay = (events$: Observable<object>) =>
    events$.pipe(
      ofType(Paid),
      delay(24 * HOUR),
      map(() => new Remind()),
    );

  @Saga()
  whenAnHourIsQuiet = (events$: Observable<object>) =>
    events$.pipe(
      ofType(Paid),
      debounceTime(HOUR),
      map(() => new Warn()),
    );

  @CommandHandler(Remind)
  remind(_command: Remind, context: MessageContext): void {
    cause = context.parent?.type.name;
  }

  @CommandHandler(Warn)
  warn(_command: Warn): void {}

  @CommandHandler(Wait)
  wait(_command: Wait): void {
    // Without `ref`, a timer that stays real would keep the process from ending.
    void sleep(24 * HOUR, undefined, { ref: false }).then(() => this.commands.execute(new Waited()));
  }

  @CommandHandler(Waited)
  waited(_command: Waited): void {}
}

@Module({ imports: [CqrsModule.forRoot({ propagateContext: true })], providers: [Reminders] })
class RemindersModule {}

/** The commands of one flow: at once, after 23 hours of the clock, and after a day; and what has caused the reminder. */
export async function dayOf(clock: VirtualTime) {
  const app = await testApp({ imports: [RemindersModule] });
  const flow = await track(app).run(async () => {
    await app.get(EventBus).publish(new Paid());
    await app.get(CommandBus).execute(new Wait());
  });
  const commands = () => flow.executed.map(({ message }) => message.constructor.name);
  const atOnce = commands();
  await clock.advance('23h');
  const before = commands();
  await clock.advance('1h');
  const after = commands();
  clock.restore();
  await app.close();
  return { atOnce, before, after, cause, late: flow.late.length };
}

/** With all that can wait on a virtual clock. */
export const DAY = {
  atOnce: ['Wait'],
  before: ['Wait', 'Warn'],
  after: ['Wait', 'Warn', 'Remind', 'Waited'],
  cause: 'Paid',
  late: 0,
};
