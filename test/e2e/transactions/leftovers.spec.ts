import { Injectable } from '@nestjs/common';
import { Command, CommandHandler, CqrsModule, Event } from 'nestjs-cqrs';
import { Transactional } from 'nestjs-cqrs/extension';
import { start } from '../../support/application.js';
import { collectUntil } from '../../support/garbage.js';
import { StatementLog } from './statement-log.js';

@Transactional()
class Save extends Command {
  constructor(readonly script: () => Promise<unknown>) {
    super();
  }
}

class Saved extends Event {}

@Injectable()
class SaveHandler {
  @CommandHandler(Save)
  async save({ script }: Save) {
    await script();
  }
}

const shop = () =>
  start({ imports: [CqrsModule.forRoot({ unitOfWork: new StatementLog() })], providers: [SaveHandler] });

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
        new Save(async () => {
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
