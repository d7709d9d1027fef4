import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { jest } from '@jest/globals';
import { Command, CommandHandler, CqrsModule, Durable, Event, EventsHandler, Message } from 'nestjs-cqrs';
import { InTransaction, Transactional, type Transactions } from 'nestjs-cqrs/extension';
import { MemoryTransport } from 'nestjs-cqrs/testing';
import { refusalOf, start } from '../../support/application.js';
import { answerOf } from '../../support/program.js';

jest.setTimeout(60_000);

/** Of nothing: work runs at once. */
const transactions: Transactions = { name: 'none', run: work => work(), current: () => undefined };

@Transactional()
class Save extends Command<string> {}

class Plain extends Command {}

@Message({ name: 'wiring.saved' })
class Saved extends Event {}

@Injectable()
class SaveHandler {
  @CommandHandler(Save)
  save() {
    return 'saved';
  }
}

@Injectable()
class Checks {
  @EventsHandler(Saved)
  @InTransaction()
  check() {}
}

@Injectable()
class Misplaced {
  @CommandHandler(Plain)
  @InTransaction()
  plain() {}
}

@Injectable()
class Stored {
  @EventsHandler(Saved)
  @InTransaction()
  @Durable('wiring.stored')
  store() {}
}

describe('An application whose units of work are wired wrongly', () => {
  it.each([
    [SaveHandler, /^@Transactional is used, and the application has no unit of work/],
    [Checks, /^@InTransaction is used, and the application has no unit of work/],
  ])('does not start without one (%p)', async (handler, text) => {
    const { problems } = await refusalOf({ imports: [CqrsModule.forRoot()], providers: [handler] });
    expect(problems).toEqual([
      expect.objectContaining({ code: 'CQRS_NO_UNIT_OF_WORK', what: expect.stringMatching(text) }),
    ]);
  });

  it.each([
    [Misplaced, /^@InTransaction is for handlers of events, and this is one of a command/],
    [Stored, /^@InTransaction and @Durable exclude each other/],
  ])('does not start with a misplaced @InTransaction (%p)', async (handler, text) => {
    const imports = [CqrsModule.forRoot({ unitOfWork: transactions, durable: { transport: new MemoryTransport() } })];
    const { problems } = await refusalOf({ imports, providers: [handler] });
    expect(problems).toEqual([
      expect.objectContaining({ code: 'CQRS_INVALID_HANDLER', what: expect.stringMatching(text) }),
    ]);
  });

  it('refuses a propagation that does not exist, and a static method', () => {
    expect(() => Transactional({ propagation: 'Mandatory' as never })).toThrow(
      'The propagation "Mandatory" does not exist.',
    );
    expect(() => InTransaction()(class {}, 'create', {})).toThrow('@InTransaction is on a static method');
  });

  it('shows the middleware in the wiring, and runs', async () => {
    const { commands } = await start({
      imports: [CqrsModule.forRoot({ unitOfWork: transactions })],
      providers: [SaveHandler],
    });
    expect(await commands.execute(new Save())).toBe('saved');
  });

  it('tells the wrong import, a transaction by hand, and a module that is missing', async () => {
    const { wrongImport, withCls, byHand, withoutCls, calls } = await answerOf<
      Record<string, string> & { calls: number }
    >(join(import.meta.dirname, 'wiring-program.ts'));
    expect(wrongImport).toContain('CQRS_FOREIGN_TRANSACTION');
    expect(wrongImport).toContain('WrongImport.save');
    expect([withCls, calls]).toEqual(['saved', 1]);
    expect(byHand).toContain('CQRS_FOREIGN_TRANSACTION');
    expect(withoutCls).toContain('CQRS_NO_UNIT_OF_WORK');
  });
});
