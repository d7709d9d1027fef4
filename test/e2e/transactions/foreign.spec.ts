import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { Command, CommandHandler, CqrsModule, Durable, Event, Message } from 'nestjs-cqrs';
import { MemoryTransport } from 'nestjs-cqrs/testing';
import { start } from '../../support/application.js';
import { newSchema } from '../../support/pg-bosses.js';
import { describeWithPostgres } from '../../support/postgres.js';
import { answerOf } from '../../support/program.js';
import { ScriptedHandlers, Whole } from './scripted.js';
import { StatementLog } from './statement-log.js';

class Told extends Event {}

@Message({ name: 'foreign.mail' })
@Durable()
class Mail extends Command {}

@Injectable()
class MailHandler {
  @CommandHandler(Mail)
  mail() {}
}

describe('Another transaction that is opened within a unit of work, by hand', () => {
  it.each<[string, (shop: Awaited<ReturnType<typeof start>>) => Promise<unknown>, RegExp]>([
    ['publish', ({ events }) => events.publish(new Told()), /Where: publish\(\) of Told, in ScriptedHandlers.whole\./],
    [
      'enqueue',
      ({ commands }) => commands.enqueue(new Mail()),
      /Where: .*foreign\.mail.*, in ScriptedHandlers.whole\./,
    ],
    [
      'send a command that would join',
      ({ commands }) => commands.dispatch(new Whole(async () => undefined)),
      /Where: @Transactional on ScriptedHandlers.whole/,
    ],
  ])('refuses to %s in it', async (_what, run, where) => {
    const log = new StatementLog();
    const durable = { transport: new MemoryTransport() };
    const shop = await start({
      imports: [CqrsModule.forRoot({ unitOfWork: log, durable, propagateContext: true })],
      providers: [ScriptedHandlers, MailHandler],
    });
    const sent = shop.commands.dispatch(new Whole(() => log.run(() => run(shop))));
    await expect(sent).rejects.toMatchObject({
      code: 'CQRS_FOREIGN_TRANSACTION',
      message: expect.stringMatching(where),
      what: expect.stringMatching(/^Within the unit of work of ScriptedHandlers.whole, another transaction of log/),
    });
    expect(log.statements).toEqual(['t2: ROLLBACK', 't1: ROLLBACK']);
  });
});

interface Left {
  readonly end: string;
  readonly rows: string[];
  readonly handled: string[];
}

describeWithPostgres('Transactions of nestjs-cls within a unit of work', postgres => {
  type Outcomes = Record<'required' | 'newFails' | 'newThenFails' | 'nestedFails' | 'nested' | 'afterNested', Left> & {
    readonly swallowed: unknown;
    readonly leftRunning: {
      readonly first: Left;
      readonly second: Left;
      readonly left: string;
      readonly later: string;
    };
  };
  let outcomes: Outcomes;
  const refused = { end: expect.stringContaining('CQRS_FOREIGN_TRANSACTION'), rows: [], handled: [] };
  const outerAlone = { end: 'done', rows: ['outer'], handled: ['outer'] };

  beforeAll(async () => {
    outcomes = await answerOf(join(import.meta.dirname, 'foreign-program.ts'), [postgres.url, newSchema()]);
  }, 60_000);

  it('a method that joins is part of it', () => {
    expect(outcomes.required).toEqual({ end: 'done', rows: ['inner', 'outer'], handled: ['inner', 'outer'] });
  });

  it('one of its own and a savepoint publish nothing', () => {
    const { newFails, newThenFails, nestedFails, nested } = outcomes;
    expect([newFails, nestedFails]).toEqual([outerAlone, outerAlone]);
    expect([newThenFails, nested]).toEqual([refused, refused]);
  });

  it('a statement that has failed, and whose error was caught, is told with the handler and the error', () => {
    expect(outcomes.swallowed).toEqual({
      code: 'CQRS_STATEMENT_FAILED',
      where: 'Handlers.whole',
      message: expect.stringMatching(/^The transaction cannot be committed: division by zero\. .*'Nested'/),
      cause: 'error: division by zero',
    });
  });

  it('code that a savepoint has left running belongs to the unit of work', () => {
    expect(outcomes.afterNested).toEqual({ end: 'done', rows: [], handled: ['left'] });
  });

  it('code that a savepoint has left running cannot write in the next transaction of the connection', () => {
    const { first, second, left, later } = outcomes.leftRunning;
    expect([first.end, second.end, second.rows]).toEqual(['done', 'Error: refused', []]);
    expect([left, later]).toEqual(Array(2).fill(expect.stringContaining('CQRS_TRANSACTION_ENDED')));
  });
});
