import { CqrsModule, Event } from 'nestjs-cqrs';
import { start } from '../../support/application.js';
import { collectUntil } from '../../support/garbage.js';
import { ScriptedHandlers, Whole } from './scripted.js';
import { StatementLog } from './statement-log.js';

class Saved extends Event {}

const shop = () =>
  start({ imports: [CqrsModule.forRoot({ unitOfWork: new StatementLog() })], providers: [ScriptedHandlers] });

describe('A unit of work that has ended', () => {
  it.each(['commit', 'rollback'])('keeps no event, even if a timer of its work goes on (%s)', async end => {
    const { commands, events } = await shop();
    const timers: NodeJS.Timeout[] = [];
    const saved: WeakRef<Saved>[] = [];
    const publish = () => {
      const event = new Saved();
      saved.push(new WeakRef(event));
      return events.publish(event);
    };
    const save = () =>
      commands.dispatch(
        new Whole(async () => {
          timers.push(setInterval(() => undefined, 1_000_000));
          await publish();
          if (end === 'rollback') throw new Error('refused');
        }),
      );
    // The bus may know the latest event.
    for (let i = 0; i < 3; i++) await save().catch(() => undefined);
    await collectUntil(() => saved[0]!.deref() === undefined);
    expect(saved[0]!.deref()).toBeUndefined();
    timers.forEach(clearInterval);
  });
});
