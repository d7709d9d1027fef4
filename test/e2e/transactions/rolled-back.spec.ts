import { Injectable } from '@nestjs/common';
import { CommandHandler, CqrsModule, Event, EventsHandler, UseMiddleware, type MiddlewareFunction } from 'nestjs-cqrs';
import { InTransaction, Transactional } from 'nestjs-cqrs/extension';
import { track } from 'nestjs-cqrs/testing';
import { start } from '../../support/application.js';
import { Scripted, ScriptedHandlers, Whole } from './scripted.js';
import { StatementLog } from './statement-log.js';

const twice: MiddlewareFunction = async (message, next) => {
  try {
    return await next(message);
  } catch {
    return next(message);
  }
};

const eachOf: MiddlewareFunction = async (message, next) => void (await Promise.all([next(message), next(message)]));

@Transactional()
@UseMiddleware(twice)
class Retried extends Scripted {}

@Transactional()
@UseMiddleware(eachOf)
class Doubled extends Scripted {}

@UseMiddleware(twice)
class InnerRetried extends Scripted {}

class Told extends Event {}

async function shop() {
  const transactions = new StatementLog();

  @Injectable()
  class Handlers {
    @CommandHandler(Retried)
    async retried({ script }: Retried) {
      await script();
    }

    @CommandHandler(Doubled)
    async doubled({ script }: Doubled) {
      await script();
    }

    @CommandHandler(InnerRetried)
    @Transactional()
    async innerRetried({ script }: InnerRetried) {
      await script();
    }

    @EventsHandler(Told)
    @InTransaction()
    veto() {
      throw new Error('There is no lamp.');
    }
  }

  const started = await start({
    imports: [CqrsModule.forRoot({ unitOfWork: transactions })],
    providers: [Handlers, ScriptedHandlers],
  });
  let runs = 0;
  /** Fails the first time. */
  const failOnce = async () => {
    transactions.say('row');
    runs += 1;
    if (runs === 1) throw new Error('refused');
  };
  return { ...started, transactions, failOnce };
}

describe('A unit of work that is rolled back names', () => {
  it('the handler that a middleware below @Transactional() calls again', async () => {
    const { commands, transactions, failOnce } = await shop();
    const sent = commands.dispatch(new Retried(failOnce));
    await expect(sent).rejects.toMatchObject({
      code: 'CQRS_ROLLED_BACK',
      what: expect.stringContaining('Handlers.retried has failed'),
      remedy: expect.stringContaining('above @Transactional()'),
      cause: expect.objectContaining({ message: 'refused' }),
    });
    expect(transactions.statements).toEqual(['t1: row', 't1: row', 't1: ROLLBACK']);
  });

  it('nothing where that calls the handler for several messages, which end well', async () => {
    const { commands, transactions } = await shop();
    await commands.dispatch(new Doubled(async () => transactions.say('row')));
    expect(transactions.statements).toEqual(['t1: row', 't1: row', 't1: COMMIT']);
  });

  it('the part that has failed, and its handler', async () => {
    const { commands, failOnce } = await shop();
    const sent = commands.dispatch(new Whole(() => commands.dispatch(new InnerRetried(failOnce))));
    await expect(sent).rejects.toMatchObject({
      what: expect.stringMatching(
        /^The unit of work of ScriptedHandlers.whole is rolled back: Handlers.innerRetried has failed/,
      ),
      remedy: expect.stringContaining('retry'),
    });
  });

  it('the handler of an event in the transaction', async () => {
    const { commands, events } = await shop();
    const sent = commands.dispatch(new Whole(() => events.publish(new Told()).catch(() => undefined)));
    await expect(sent).rejects.toMatchObject({ what: expect.stringContaining('Handlers.veto has failed') });
  });
});

describe('A veto', () => {
  it('is told to the publisher, and not reported as an exception that nothing handles', async () => {
    const { app, events, log } = await shop();
    const flow = await track(app, { failures: 'collect' }).dispatch(new Whole(() => events.publish(new Told())));
    expect(flow.error).toMatchObject({ message: expect.stringContaining('There is no lamp.') });
    expect(flow.failures).toEqual([{ error: flow.error, message: undefined, handler: undefined }]);
    expect(log.errors).toEqual([]);
  });

  const caused = (veto: unknown, depth: number): unknown => {
    let error = veto;
    for (let i = 0; i < depth; i++) error = new Error('not told', { cause: error });
    return error;
  };

  const circle = new Error('not told');
  circle.cause = new Error('its cause', { cause: circle });

  it.each<[string, (veto: unknown) => unknown, boolean]>([
    ['another error', () => new Error('not told'), true],
    ['an error that names it as its cause', veto => caused(veto, 2), false],
    ['an error that is nine causes away', veto => caused(veto, 9), false],
    ['an error that is ten causes away', veto => caused(veto, 10), true],
    ['errors that are the causes of each other', () => circle, true],
    ['null', () => null, true],
  ])('is logged where nothing awaits it and the handler fails with %s', async (what, make, isLogged) => {
    const { commands, events, log } = await shop();
    const sent = commands.dispatch(
      new Whole(async () => {
        const published = events.publish(new Told());
        const veto: unknown = await published.catch((error: unknown) => error);
        throw make(veto);
      }),
    );
    const failure: unknown = await sent.catch((error: unknown) => error);
    expect(failure === null ? null : (failure as Error).message).toBe(what === 'null' ? null : 'not told');
    const said =
      'The unit of work of ScriptedHandlers.whole is rolled back, and its caller gets another error than that of Handlers.veto: There is no lamp.';
    expect([log.warnings, log.errors]).toEqual([isLogged ? [said] : [], []]);
  });

  it('is logged where it comes after the failure of its handler', async () => {
    const { commands, events, log } = await shop();
    const sent = commands.dispatch(
      new Whole(async () => {
        void events.publish(new Told());
        throw new Error('no price');
      }),
    );
    await expect(sent).rejects.toThrow('no price');
    expect(log.warnings).toEqual([expect.stringContaining('There is no lamp.')]);
  });
});

describe('A statement that has failed, and whose error was caught', () => {
  it('fails the command with handler and cause', async () => {
    const { commands, transactions } = await shop();
    const cause = new Error('current transaction is aborted');
    transactions.verify = () => Promise.reject(cause);
    await expect(commands.dispatch(new Whole(async () => undefined))).rejects.toMatchObject({
      code: 'CQRS_STATEMENT_FAILED',
      where: 'ScriptedHandlers.whole',
      message: expect.stringMatching(/current transaction is aborted.*'Nested'/),
      cause,
    });
  });
});
