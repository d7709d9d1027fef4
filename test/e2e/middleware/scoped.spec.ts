import { Injectable, Scope } from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import {
  AsyncContext,
  Command,
  CommandHandler,
  CqrsModule,
  type CqrsMiddleware,
  Event,
  EventsHandler,
  type MessageContext,
  type Next,
  UseMiddleware,
} from '../../../lib/index.js';
import { start } from '../../support/application.js';

class Save extends Command<string> {}
class Saved extends Event {}

describe('Request-scoped middleware', () => {
  @Injectable({ scope: Scope.REQUEST })
  class Transaction {}

  const seen: { by: string; transaction: Transaction }[] = [];

  @Injectable()
  class TransactionMiddleware implements CqrsMiddleware {
    constructor(readonly transaction: Transaction) {}
    intercept(message: object, next: Next) {
      seen.push({ by: 'middleware', transaction: this.transaction });
      return next(message);
    }
  }

  @CommandHandler(Save)
  class SaveHandler {
    constructor(readonly transaction: Transaction) {}
    execute(_command: Save, _context: MessageContext) {
      seen.push({ by: 'handler', transaction: this.transaction });
      return Promise.resolve('saved');
    }
  }

  const run = () =>
    start({
      imports: [CqrsModule.forRoot({ commands: { middleware: [TransactionMiddleware] } })],
      providers: [Transaction, TransactionMiddleware, SaveHandler],
    });

  beforeEach(() => (seen.length = 0));

  it('shares its scope with the handler', async () => {
    const { commands } = await run();
    await commands.execute(new Save());
    expect(seen.map(({ by }) => by)).toEqual(['middleware', 'handler']);
    expect(seen[0]!.transaction).toBeInstanceOf(Transaction);
    expect(seen[0]!.transaction).toBe(seen[1]!.transaction);
  });

  it('is made anew for the next dispatch, and shared within one AsyncContext', async () => {
    const { commands } = await run();
    const context = new AsyncContext();
    await commands.execute(new Save());
    await commands.execute(new Save(), context);
    await commands.execute(new Save(), context);
    const [one, , two, , three] = seen.map(({ transaction }) => transaction);
    expect(one).not.toBe(two);
    expect(two).toBe(three);
  });

  it('gives each handler of an event its own scope', async () => {
    class First {
      @EventsHandler(Saved)
      first() {}
      @EventsHandler(Saved)
      second() {}
    }
    const { events } = await start({
      imports: [CqrsModule.forRoot({ events: { middleware: [TransactionMiddleware] } })],
      providers: [Transaction, TransactionMiddleware, First],
    });
    await events.publish(new Saved());
    expect(new Set(seen.map(({ transaction }) => transaction)).size).toBe(2);
  });

  it('on a handler works; without a provider it is refused at startup with a remedy', async () => {
    @UseMiddleware(TransactionMiddleware)
    @CommandHandler(Save)
    class WrappedHandler extends SaveHandler {}
    const { commands } = await start({
      imports: [CqrsModule.forRoot()],
      providers: [Transaction, TransactionMiddleware, WrappedHandler],
    });
    await commands.execute(new Save());
    expect(seen[0]!.transaction).toBe(seen[1]!.transaction);
    await expect(start({ imports: [CqrsModule.forRoot()], providers: [Transaction, WrappedHandler] })).rejects.toThrow(
      /TransactionMiddleware.*List its class among the providers/s,
    );
  });

  it('may be made by a request-scoped factory under an abstract class', async () => {
    abstract class Tenancy implements CqrsMiddleware {
      abstract intercept(message: object, next: Next): Promise<unknown>;
    }
    class HeaderTenancy extends Tenancy {
      constructor(readonly request: { tenant: string }) {
        super();
      }
      async intercept(message: object, next: Next) {
        return `${String(await next(message))} for ${this.request.tenant}`;
      }
    }
    const useFactory = (request: { tenant: string }) => new HeaderTenancy(request);
    const { commands } = await start({
      imports: [CqrsModule.forRoot({ middleware: [Tenancy] })],
      providers: [Transaction, SaveHandler, { provide: Tenancy, scope: Scope.REQUEST, inject: [REQUEST], useFactory }],
    });
    expect(await commands.execute(new Save(), new AsyncContext({ tenant: 'ann' }))).toBe('saved for ann');
  });
});
