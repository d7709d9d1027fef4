import { Injectable, Module } from '@nestjs/common';
import { Cron, CronExpression, ScheduleModule, SchedulerRegistry } from '@nestjs/schedule';
import {
  Command,
  CommandBus,
  CommandHandler,
  ContextOrigin,
  CqrsModule,
  type MessageContext,
  Query,
  QueryBus,
  QueryHandler,
} from 'nestjs-cqrs';
import { track, virtualTime } from 'nestjs-cqrs/testing';
import { start } from '../../support/application.js';
import { quiet, pending, until } from '../../support/waiting.js';

// #region messages
class ShopsToClose extends Query<readonly string[]> {}

class CloseBooks extends Command {
  constructor(readonly shop: string) {
    super();
  }
}
// #endregion

// #region job
@Injectable()
class Nightly {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Cron(CronExpression.EVERY_DAY_AT_3AM, { name: 'close-books', waitForCompletion: true })
  async closeBooks() {
    const run = new ContextOrigin({ sentBy: { name: 'Nightly.closeBooks', module: 'BooksModule' } });
    for (const shop of await this.queries.ask(new ShopsToClose(), run)) {
      await this.commands.dispatch(new CloseBooks(shop), run);
    }
  }
}
// #endregion

class Tick extends Command {}

@Injectable()
class EverySecond {
  constructor(private readonly commands: CommandBus) {}

  @Cron(CronExpression.EVERY_SECOND)
  async tick() {
    await this.commands.dispatch(new Tick());
  }
}

const contexts: MessageContext[] = [];
let work: () => Promise<void> | void = () => undefined;
let closed: string[] = [];

@Injectable()
class Books {
  @QueryHandler(ShopsToClose)
  shops(_query: ShopsToClose, context: MessageContext) {
    contexts.push(context);
    return ['s1', 's2'];
  }

  @CommandHandler(CloseBooks)
  async close({ shop }: CloseBooks, context: MessageContext) {
    contexts.push(context);
    await work();
    closed.push(shop);
  }

  @CommandHandler(Tick)
  tick() {
    closed.push('tick');
  }
}

// #region module
@Module({
  imports: [CqrsModule.forRoot(), ScheduleModule.forRoot()],
  providers: [Nightly, Books],
})
class BooksModule {}
// #endregion

describe('docs/recipes/cron.md', () => {
  beforeEach(() => {
    contexts.length = 0;
    closed = [];
    work = () => undefined;
  });

  const startBooks = async () => {
    const { app, log } = await start({ imports: [BooksModule] });
    const job = app.get(SchedulerRegistry, { strict: false }).getCronJob('close-books');
    return { app, log, job };
  };

  it('runs at its time', async () => {
    using clock = virtualTime();
    await start({ imports: [CqrsModule.forRoot(), ScheduleModule.forRoot()], providers: [EverySecond, Books] });
    expect(closed).toEqual([]);
    await clock.advance('3s');
    expect(closed).toEqual(['tick', 'tick', 'tick']);
  });

  it('sends queries and commands of one run with one correlation, and those of the next with another', async () => {
    const { app, job } = await startBooks();
    expect(job.isActive).toBe(true);
    const runs = [await track(app).run(() => job.fireOnTick()), await track(app).run(() => job.fireOnTick())];
    const correlations = runs.map(({ asked, executed }) => {
      expect(asked.messages).toEqual([new ShopsToClose()]);
      expect(executed.messages).toEqual([new CloseBooks('s1'), new CloseBooks('s2')]);
      const all = [...asked, ...executed].map(({ context }) => context!);
      expect(new Set(all.map(({ sentBy }) => sentBy?.name))).toEqual(new Set(['Nightly.closeBooks']));
      return new Set(all.map(({ correlationId }) => correlationId));
    });
    expect(correlations.map(({ size }) => size)).toEqual([1, 1]);
    expect(correlations[0]).not.toEqual(correlations[1]);
  });

  it('logs a run that fails, and runs again', async () => {
    const { job, log } = await startBooks();
    work = () => {
      throw new Error('The books are locked.');
    };
    await job.fireOnTick();
    expect(log.errors).toEqual([expect.objectContaining({ message: 'The books are locked.' })]);
    work = () => undefined;
    await job.fireOnTick();
    expect(closed).toEqual(['s1', 's2']);
  });

  it('does not run while it runs', async () => {
    const { job } = await startBooks();
    const locked = pending();
    work = () => locked.promise;
    const first = job.fireOnTick();
    await until(() => contexts.length === 2);
    await job.fireOnTick();
    locked.finish();
    await first;
    expect(closed).toEqual(['s1', 's2']);
  });

  it('ends the command that it has sent when the application closes', async () => {
    const { app, job } = await startBooks();
    const locked = pending();
    work = () => locked.promise;
    void job.fireOnTick();
    await until(() => contexts.length === 2);
    let isClosed = false;
    const closing = app.close().then(() => (isClosed = true));
    await quiet();
    expect(isClosed).toBe(false);
    locked.finish();
    await closing;
    expect(closed).toContain('s1');
    expect(job.isActive).toBe(false);
  });
});
