import { Injectable } from '@nestjs/common';
import { Command, CommandBus, CommandHandler, CqrsModule, Event, EventBus, EventsHandler } from 'nestjs-cqrs';
import { Transactional, type Transactions } from 'nestjs-cqrs/extension';
import { scenario } from 'nestjs-cqrs/testing';
import { start } from '../../support/application.js';
import { StatementLog } from './statement-log.js';

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

/** Transactions of nothing, of which the test breaks a part. */
const shopWith = (broken: Partial<Transactions>) => shop(Object.assign(new StatementLog(), broken));

async function shop(transactions: Transactions) {
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
    saved() {}
  }

  const { app } = await start({
    imports: [CqrsModule.forRoot({ unitOfWork: transactions })],
    providers: [Handlers],
  });
  return app;
}

describe('Transactions that resolve, though', () => {
  it.each<[string, Partial<Transactions>]>([
    ['the work was not called', { run: async () => undefined as never }],
    ['the work has failed', { run: work => work().catch(ignore) }],
    ['they did not wait for the work', { run: async work => void work().catch(ignore) as never }],
  ])('%s: the command fails, and no event of it is handled', async (_name, broken) => {
    const { published } = await scenario(await shopWith(broken))
      .when(new Save(true))
      .fails('[CQRS_WORK_NOT_DONE]');
    expect(published.handledBy).toEqual([]);
  });

  it('the work of a savepoint has failed: the whole fails', async () => {
    const { published } = await scenario(await shopWith({ savepoint: work => work().catch(ignore) }))
      .when(new Whole())
      .fails('[CQRS_WORK_NOT_DONE]');
    expect(published.handledBy).toEqual([]);
  });
});

describe('Transactions whose current() within run() answers', () => {
  it.each<[string, () => unknown]>([
    ['undefined', () => undefined],
    ['another object at each call', () => ({})],
  ])('%s: the command fails before its handler', async (what, current) => {
    const log = new StatementLog();
    let isOpen = false;
    const transactions: Transactions = {
      name: 'broken',
      run: async work => {
        isOpen = true;
        return log.run(work).finally(() => (isOpen = false));
      },
      current: () => (isOpen ? current() : undefined),
    };
    const { executed, error } = await scenario(await shop(transactions))
      .when(new Save())
      .fails(`broken answers ${what} within run() or savepoint().`);
    expect(error).toMatchObject({ code: 'CQRS_WORK_NOT_DONE' });
    expect([executed.handledBy, log.statements]).toEqual([[], ['t1: ROLLBACK']]);
  });
});
