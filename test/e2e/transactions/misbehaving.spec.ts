import { Injectable } from '@nestjs/common';
import { Command, CommandBus, CommandHandler, CqrsModule, Event, EventBus, EventsHandler } from 'nestjs-cqrs';
import { Transactional, type Transactions } from 'nestjs-cqrs/extension';
import { start } from '../../support/application.js';

@Transactional()
class Save extends Command<string> {
  constructor(readonly fails = false) {
    super();
  }
}

@Transactional()
class Whole extends Command {}

@Transactional({ propagation: 'Nested' })
class Part extends Command {}

class Saved extends Event {}

const ignore = () => undefined as never;

/** Of nothing. */
const sound: Transactions = { name: 'none', run: work => work(), savepoint: work => work(), current: () => undefined };

async function shop(transactions: Transactions) {
  const handled: object[] = [];

  @Injectable()
  class Handlers {
    constructor(
      private readonly events: EventBus,
      private readonly commands: CommandBus,
    ) {}

    @CommandHandler(Whole)
    whole() {
      return this.commands.dispatch(new Part());
    }

    @CommandHandler(Part)
    async part() {
      await this.events.publish(new Saved());
      throw new Error('refused');
    }

    @CommandHandler(Save)
    async save({ fails }: Save) {
      await this.events.publish(new Saved());
      if (fails) throw new Error('refused');
      return 'saved';
    }

    @EventsHandler(Saved)
    saved(event: Saved) {
      handled.push(event);
    }
  }

  const { commands } = await start({
    imports: [CqrsModule.forRoot({ unitOfWork: transactions })],
    providers: [Handlers],
  });
  return { commands, handled };
}

describe('Transactions that resolve, though', () => {
  it.each<[string, Partial<Transactions>]>([
    ['the work was not called', { run: async () => undefined as never }],
    ['the work has failed', { run: work => work().catch(ignore) }],
    ['they did not wait for the work', { run: async work => void work().catch(ignore) as never }],
  ])('%s: the command fails, and no event of it is handled', async (_name, broken) => {
    const { commands, handled } = await shop({ ...sound, ...broken });
    await expect(commands.execute(new Save(true))).rejects.toMatchObject({ code: 'CQRS_WORK_NOT_DONE' });
    expect(handled).toEqual([]);
  });

  it('the work of a savepoint has failed: the whole fails', async () => {
    const { commands, handled } = await shop({ ...sound, savepoint: work => work().catch(ignore) });
    await expect(commands.dispatch(new Whole())).rejects.toMatchObject({ code: 'CQRS_WORK_NOT_DONE' });
    expect(handled).toEqual([]);
  });
});
