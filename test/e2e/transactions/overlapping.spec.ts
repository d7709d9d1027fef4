import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { AggregateRoot, CommandHandler, CqrsModule, Event, EventPublisher, EventsHandler, Timeout } from 'nestjs-cqrs';
import { InTransaction, Transactional } from 'nestjs-cqrs/extension';
import { scenario } from 'nestjs-cqrs/testing';
import { start } from '../../support/application.js';
import { Own, Part, Scripted, ScriptedHandlers, Whole, type Script } from './scripted.js';
import { StatementLog } from './statement-log.js';

@Timeout(20)
@Transactional()
class Limited extends Scripted {}

class Told extends Event {
  constructor(
    readonly name: string,
    readonly check: Script = async () => undefined,
  ) {
    super();
  }
}

class Order extends AggregateRoot {}

async function shop() {
  const transactions = new StatementLog();

  @Injectable()
  class Handlers {
    @CommandHandler(Limited)
    async limited({ script }: Limited) {
      await script();
    }

    @EventsHandler(Told)
    @InTransaction()
    check({ check }: Told) {
      return check();
    }

    @EventsHandler(Told)
    after({ name }: Told) {
      transactions.say(`after ${name}`);
    }
  }

  const started = await start({
    imports: [CqrsModule.forRoot({ unitOfWork: transactions })],
    providers: [Handlers, ScriptedHandlers],
  });
  const { statements } = transactions;
  /** A statement that is sent later. */
  const later = async (text: string) => {
    await sleep(30);
    transactions.say(text);
  };
  return { ...started, statements, later, say: (text: string) => transactions.say(text) };
}

const refuse = (): never => {
  throw new Error('refused');
};

describe('A unit of work does not end before its parts', () => {
  it('an event that is not awaited: its handler in the transaction is, and rolls back', async () => {
    const { commands, events, statements, later } = await shop();
    const check = () => later('check').then(refuse);
    const placed = commands.dispatch(new Whole(async () => void events.publish(new Told('x', check))));
    await expect(placed).rejects.toMatchObject({ code: 'CQRS_ROLLED_BACK' });
    expect(statements).toEqual(['t1: check', 't1: ROLLBACK']);
  });

  it('a query builder that a handler in the transaction returns, which runs when it is awaited: once', async () => {
    const { commands, events, statements, say } = await shop();
    // As those of Drizzle and Knex are.
    const builder = {
      then(resolve: () => void) {
        say('update');
        resolve();
      },
    };
    const check = () => builder as unknown as Promise<unknown>;
    await commands.dispatch(new Whole(() => events.publish(new Told('x', check))));
    expect(statements).toEqual(['t1: update', 't1: COMMIT', 'outside: after x']);
  });

  it('an event of an aggregate with autoCommit, which nothing can await', async () => {
    const { app, commands, statements, later } = await shop();
    const placed = commands.dispatch(
      new Whole(async () => {
        const order = app.get(EventPublisher, { strict: false }).mergeObjectContext(new Order());
        order.autoCommit = true;
        order.apply(new Told('x', () => later('check')));
      }),
    );
    await placed;
    expect(statements).toEqual(['t1: check', 't1: COMMIT', 'outside: after x']);
  });

  it('commands at once, of which one fails: the other ends before the rollback', async () => {
    const { commands, events, statements, later } = await shop();
    const slow = async () => {
      await later('row');
      await events.publish(new Told('slow'));
    };
    const placed = commands.dispatch(
      new Whole(() => Promise.all([commands.dispatch(new Whole(refuse)), commands.dispatch(new Whole(slow))])),
    );
    await expect(placed).rejects.toThrow('refused');
    expect(statements).toEqual(['t1: row', 't1: ROLLBACK']);
  });

  it('a savepoint that is not awaited', async () => {
    const { commands, statements, later } = await shop();
    await commands.dispatch(new Whole(async () => void commands.dispatch(new Part(() => later('row')))));
    expect(statements).toEqual(['t1: SAVEPOINT', 't1: row', 't1: RELEASE', 't1: COMMIT']);
  });
});

describe('Savepoints at once', () => {
  it('run one after the other: each is kept or rolled back alone', async () => {
    const { commands, statements, later } = await shop();
    const part = (name: string, end: Script) =>
      commands.dispatch(
        new Part(async () => {
          await later(name);
          await end();
        }),
      );
    const good = async () => undefined;
    await commands.dispatch(
      new Whole(() => Promise.allSettled([part('1', good), part('2', refuse as Script), part('3', good)])),
    );
    expect(statements.map(text => text.replace('t1: ', '')).join()).toBe(
      'SAVEPOINT,1,RELEASE,SAVEPOINT,2,ROLLBACK TO,SAVEPOINT,3,RELEASE,COMMIT',
    );
  });
});

describe('A time limit around a unit of work', () => {
  it('rolls back what ends after it', async () => {
    const { app, statements, later } = await shop();
    await scenario(app)
      .when(new Limited(() => later('row')))
      .fails('did not finish in time');
    expect(statements).toEqual(['t1: row', 't1: ROLLBACK']);
  });

  it('around a part: the whole is rolled back, even if the failure is caught', async () => {
    const { commands, statements, later } = await shop();
    const placed = commands.dispatch(
      new Whole(() => commands.dispatch(new Limited(() => later('row'))).catch(() => undefined)),
    );
    await expect(placed).rejects.toMatchObject({ code: 'CQRS_ROLLED_BACK' });
    expect(statements).toEqual(['t1: row', 't1: ROLLBACK']);
  });
});

describe('A unit of work of its own', () => {
  it('runs handlers after its commit outside of the outer one too', async () => {
    const { commands, events, statements, say } = await shop();
    const own = new Own(async () => void (await events.publish(new Told('own'))));
    const placed = commands.dispatch(
      new Whole(async () => {
        await commands.dispatch(own);
        say('row');
        refuse();
      }),
    );
    await expect(placed).rejects.toThrow('refused');
    expect(statements).toEqual(['t2: COMMIT', 'outside: after own', 't1: row', 't1: ROLLBACK']);
  });
});
