import { setTimeout as sleep } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import { CommandHandler, CqrsModule, Timeout } from 'nestjs-cqrs';
import { Transactional } from 'nestjs-cqrs/extension';
import { virtualTime } from 'nestjs-cqrs/testing';
import { start } from '../../support/application.js';
import { pending } from '../../support/waiting.js';
import { Own, Scripted, ScriptedHandlers, Whole } from './scripted.js';
import { StatementLog } from './statement-log.js';

@Timeout(20)
@Transactional()
class Limited extends Scripted {}

@Timeout(20)
@Transactional({ propagation: 'Nested' })
class LimitedPart extends Scripted {}

@Injectable()
class LimitedHandlers {
  @CommandHandler(Limited)
  async limited({ script }: Limited) {
    await script();
  }

  @CommandHandler(LimitedPart)
  async part({ script }: LimitedPart) {
    await script();
  }
}

async function shop() {
  const transactions = new StatementLog();
  const started = await start({
    imports: [CqrsModule.forRoot({ unitOfWork: transactions })],
    providers: [ScriptedHandlers, LimitedHandlers],
  });
  const row = async () => transactions.say('row');
  return { ...started, transactions, row };
}

const outOfTime = { code: 'CQRS_TIMEOUT' };

describe('A command whose time is up while it waits for a transaction', () => {
  it('does not begin: its caller was told that it failed', async () => {
    const { commands, transactions, row, log } = await shop();
    const [connected, ended] = [pending(), pending()];
    transactions.acquire = () => connected.promise;
    const { run } = transactions;
    transactions.run = work => run.call(transactions, work).finally(ended.finish) as never;
    await expect(commands.dispatch(new Limited(row))).rejects.toMatchObject(outOfTime);
    connected.finish();
    await ended.promise;
    await sleep(1);
    expect([transactions.statements, log.warnings, log.errors]).toEqual([['t1: ROLLBACK'], [], []]);
  });

  it('for its turn among the savepoints: does not begin either', async () => {
    const { commands, transactions, row } = await shop();
    const free = pending();
    const whole = new Whole(async () => {
      const before = commands.dispatch(new LimitedPart(() => free.promise)).catch(() => undefined);
      await expect(commands.dispatch(new LimitedPart(row))).rejects.toMatchObject(outOfTime);
      free.finish();
      await before;
    });
    await commands.dispatch(whole);
    expect(transactions.statements).toEqual(['t1: SAVEPOINT', 't1: ROLLBACK TO', 't1: COMMIT']);
  });
});

describe('A unit of work of its own that waits for a connection within another one', () => {
  it('is warned of, with both handlers and the remedy', async () => {
    const { commands, transactions, row, log } = await shop();
    const connected = pending();
    using clock = virtualTime();
    await commands.dispatch(
      new Whole(async () => {
        transactions.acquire = () => connected.promise;
        const own = commands.dispatch(new Own(row));
        await clock.advance(4_999);
        expect(log.warnings).toEqual([]);
        await clock.advance(1);
        connected.finish();
        await own;
      }),
    );
    expect(log.warnings).toEqual([
      expect.stringMatching(
        /^ScriptedHandlers\.own.* waits longer than 5 seconds for a connection.* ScriptedHandlers\.whole keeps .*connectionTimeoutMillis/,
      ),
    ]);
  });

  it('keeps no process that has nothing else to do', async () => {
    const { commands, transactions, row } = await shop();
    const timers = jest.spyOn(globalThis, 'setTimeout');
    const refs: boolean[] = [];
    transactions.acquire = async () => {
      refs.push(...timers.mock.results.map(({ value }) => (value as NodeJS.Timeout).hasRef()));
    };
    await commands.dispatch(new Whole(() => commands.dispatch(new Own(row))));
    timers.mockRestore();
    expect(refs).toEqual([false]);
  });

  it('is warned of where it gets none', async () => {
    const { commands, transactions, row, log } = await shop();
    const sent = commands.dispatch(
      new Whole(async () => {
        transactions.acquire = () => Promise.reject(new Error('timeout exceeded'));
        await commands.dispatch(new Own(row));
      }),
    );
    await expect(sent).rejects.toThrow('timeout exceeded');
    expect(log.warnings).toEqual([expect.stringMatching(/^ScriptedHandlers\.own.* gets no connection/)]);
  });

  it('is not warned of where it gets one', async () => {
    const { commands, row, log } = await shop();
    using clock = virtualTime();
    await commands.dispatch(
      new Whole(async () => {
        await commands.dispatch(new Own(row));
        await clock.advance('60s');
      }),
    );
    expect(log.warnings).toEqual([]);
  });
});
