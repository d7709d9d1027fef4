import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import {
  Command,
  CommandHandler,
  CqrsModule,
  Durable,
  Event,
  EventsHandler,
  Message,
  Timeout,
  UseMiddleware,
} from 'nestjs-cqrs';
import { InTransaction, Transactional } from 'nestjs-cqrs/extension';
import { MemoryTransport } from 'nestjs-cqrs/testing';
import { resilience } from 'nestjs-cqrs/resilience';
import { refusalOf, start } from '../../support/application.js';
import { pending } from '../../support/waiting.js';
import { Own, Part, ScriptedHandlers, Whole, type Script } from './scripted.js';
import { StatementLog } from './statement-log.js';

class Told extends Event {
  constructor(readonly check: Script = async () => undefined) {
    super();
  }
}

class Checked extends Event {
  constructor(readonly check: Script) {
    super();
  }
}

@Message({ name: 'leaving.mail' })
@Durable()
class Mail extends Command {}

async function shop() {
  const log = new StatementLog();

  @Injectable()
  class Handlers {
    @EventsHandler(Told)
    @InTransaction()
    async check({ check }: Told) {
      log.say('check');
      await check();
    }

    @CommandHandler(Mail)
    mail() {
      log.say('mail');
    }

    @EventsHandler(Told)
    after() {
      log.say('after');
    }

    @EventsHandler(Checked)
    @InTransaction()
    @Timeout(20)
    async checkQuickly({ check }: Checked) {
      await check();
    }
  }

  const started = await start({
    imports: [CqrsModule.forRoot({ unitOfWork: log, durable: { transport: new MemoryTransport() } })],
    providers: [Handlers, ScriptedHandlers],
  });
  const later = async () => {
    await sleep(50);
    log.say('row');
  };
  return { ...started, log, later };
}

describe('A limit within a unit of work', () => {
  const policy = { execute: (run: (attempt: never) => Promise<unknown>) => run({} as never) };

  it.each<[string, () => ClassDecorator & MethodDecorator]>([
    ['^timeLimit.20. is below @Transactional', () => Timeout(20)],
    ['^resilience.* is below @Transactional', () => UseMiddleware(resilience(policy))],
    ['^resilience.* is below @Transactional', () => UseMiddleware(resilience(policy, { at: ['handle', 'send'] }))],
  ])('below @Transactional() is refused at startup (%s)', async (name, below) => {
    @Transactional()
    class Whole extends Command {}

    class Plain extends Command {}

    @Injectable()
    class Handlers {
      @CommandHandler(Whole)
      @below()
      async whole() {}

      @CommandHandler(Plain)
      @below()
      @Transactional()
      async plain() {}
    }
    const imports = [CqrsModule.forRoot({ unitOfWork: new StatementLog(), timeout: 1_000 })];
    const { problems } = await refusalOf({ imports, providers: [Handlers] });
    expect(problems).toEqual([
      expect.objectContaining({
        code: 'CQRS_POLICY_ORDER',
        what: expect.stringMatching(name),
        where: expect.stringContaining('Handlers.whole'),
      }),
    ]);
  });

  it('on a handler in the transaction: that ends when the handler has', async () => {
    const { commands, events, log, later } = await shop();
    const placed = commands.dispatch(new Whole(() => events.publish(new Checked(later))));
    await expect(placed).rejects.toThrow('did not finish in time');
    expect(log.statements).toEqual(['t1: row', 't1: ROLLBACK']);
  });
});

describe('Code that a handler has left running', () => {
  /** It goes on when the server is asked for something. */
  const leaving = async (
    at: 'verify' | 'commit',
    run: (given: Awaited<ReturnType<typeof shop>>) => Promise<unknown>,
  ) => {
    const given = await shop();
    const { commands, log } = given;
    const [asked, answered] = [pending(), pending()];
    let left: Promise<unknown> | undefined;
    log[at] = async () => {
      log[at] = async () => undefined;
      asked.finish();
      await answered.promise;
    };
    const placed = commands.dispatch(
      new Whole(async () => void (left = asked.promise.then(() => run(given)).finally(answered.finish))),
    );
    const [end] = await Promise.allSettled([placed]);
    const [ended] = await Promise.allSettled([left]);
    return { ...given, end, ended };
  };

  it('before the last check is part of the unit of work, which is checked again', async () => {
    const { log, end } = await leaving('verify', async ({ events }) => {
      void events.publish(new Told());
    });
    expect(log.statements).toEqual(['t1: check', 't1: COMMIT', 'outside: after']);
    expect(end.status).toBe('fulfilled');
  });

  it('before the last check and fails, rolls back', async () => {
    const { log, end } = await leaving('verify', async ({ events }) => {
      void events.publish(new Told(() => Promise.reject(new Error('refused'))));
    });
    expect(log.statements).toEqual(['t1: check', 't1: ROLLBACK']);
    expect(end).toMatchObject({ reason: { code: 'CQRS_ROLLED_BACK' } });
  });

  it.each<[string, Parameters<typeof leaving>[1]]>([
    ['publishes', ({ events }) => events.publish(new Told())],
    ['publishes a list', ({ events }) => events.publishAll([new Told()])],
    ['sends a command', ({ commands }) => commands.dispatch(new Whole(async () => undefined))],
    ['stores a command', ({ commands }) => commands.enqueue(new Mail())],
    ['sends a part', ({ commands }) => commands.dispatch(new Part(async () => undefined))],
  ])('during the commit, and %s, is refused', async (_what, run) => {
    const { log, end, ended } = await leaving('commit', run);
    expect(ended).toMatchObject({ status: 'rejected', reason: { code: 'CQRS_COMMITTING' } });
    expect(log.statements).toEqual(['t1: COMMIT']);
    expect(end.status).toBe('fulfilled');
  });

  it('during the commit may open a unit of its own', async () => {
    const { log, ended } = await leaving('commit', ({ commands }) => commands.dispatch(new Own(async () => undefined)));
    expect([ended.status, log.statements]).toEqual(['fulfilled', ['t2: COMMIT', 't1: COMMIT']]);
  });

  it('after it, belongs to none', async () => {
    const given = await shop();
    const asked = pending();
    let left: Promise<unknown> | undefined;
    await given.commands.dispatch(
      new Whole(async () => void (left = asked.promise.then(() => given.events.publish(new Told())))),
    );
    asked.finish();
    await left;
    expect(given.log.statements).toEqual(['t1: COMMIT', 'outside: check', 'outside: after']);
  });
});
