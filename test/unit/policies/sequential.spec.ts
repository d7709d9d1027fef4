import { Injectable } from '@nestjs/common';
import {
  Command,
  CommandBus,
  CommandHandler,
  CqrsModule,
  Event,
  EventBus,
  EventsHandler,
  Saga,
  Sequential,
  Wiring,
} from '../../../lib/index.js';
import { start } from '../../support/application.js';
import { soon, until } from '../../support/waiting.js';

class Withdraw extends Command {
  constructor(
    readonly account: string,
    readonly cents = 1,
  ) {
    super();
  }
}

@Sequential((command: Move) => command.account, { name: 'account' })
class Move extends Command {
  constructor(
    readonly account: string,
    readonly next?: Command,
  ) {
    super();
  }
}

@Sequential((command: Close) => command.account, { name: 'account' })
class Close extends Command {
  constructor(readonly account: string) {
    super();
  }
}

@Sequential((command: Open) => command.account, { name: 'account' })
class Open extends Command {
  constructor(readonly account: string) {
    super();
  }
}

class Opened extends Event {
  constructor(readonly account: string) {
    super();
  }
}

class Moved extends Event {}

@Injectable()
class Accounts {
  readonly cents = new Map<string, number>();
  readonly log: string[] = [];
  unawaited: Promise<void> | undefined;

  constructor(
    private readonly commands: CommandBus,
    private readonly events: EventBus,
  ) {}

  @CommandHandler(Withdraw)
  @Sequential((command: Withdraw) => command.account)
  async withdraw({ account, cents }: Withdraw) {
    const before = this.cents.get(account) ?? 0;
    await soon();
    if (cents === 0) throw new Error('nothing');
    this.cents.set(account, before + cents);
  }

  @CommandHandler(Move)
  async move({ next }: Move) {
    this.log.push('move');
    await soon();
    if (next) return void (await this.commands.execute(next));
    this.unawaited = soon()
      .then(soon)
      .then(() => this.commands.dispatch(new Close('1')));
  }

  @CommandHandler(Close)
  async close() {
    this.log.push('close');
  }

  @CommandHandler(Open)
  async open({ account }: Open) {
    await this.events.publish(new Opened(account));
    await soon();
    this.log.push('open');
  }

  @Saga(Opened)
  closes({ account }: Opened) {
    return new Close(account);
  }

  @EventsHandler(Moved)
  @Sequential(() => 'one')
  async moved() {
    this.log.push('begins');
    await soon();
    this.log.push('ends');
  }
}

const application = async () => {
  const started = await start({ imports: [CqrsModule.forRoot()], providers: [Accounts] });
  return { ...started, accounts: started.app.get(Accounts) };
};

describe('@Sequential', () => {
  it('handles messages of one key one after another: no update is lost', async () => {
    const { commands, accounts } = await application();
    const all = Array.from({ length: 1_000 }, (_, i) => new Withdraw(`${i % 100}`, i % 200 < 100 ? 1 : 2));
    await Promise.all(all.map(command => commands.dispatch(command)));
    expect([...accounts.cents.values()]).toEqual(Array.from({ length: 100 }, () => 15));
  });

  it('goes on after a failure', async () => {
    const { commands, accounts } = await application();
    const ends = [1, 0, 1].map(cents => commands.dispatch(new Withdraw('1', cents)));
    expect((await Promise.allSettled(ends)).map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
    expect(accounts.cents.get('1')).toBe(2);
  });

  it('a caller that gives up waits no longer, and its handler does not run', async () => {
    const { commands, accounts } = await application();
    const first = commands.dispatch(new Withdraw('1'));
    const controller = new AbortController();
    const second = commands.dispatch(new Withdraw('1'), { signal: controller.signal });
    controller.abort(new Error('gone'));
    await expect(second).rejects.toThrow('gone');
    await first;
    expect(accounts.cents.get('1')).toBe(1);
  });

  it('refuses a message that would wait for itself, also of another type with the same name', async () => {
    const { commands, accounts } = await application();
    await expect(commands.dispatch(new Move('1', new Close('1')))).rejects.toMatchObject({
      code: 'CQRS_KEY_IS_HELD',
      where: '@Sequential',
    });
    await commands.dispatch(new Move('2', new Move('3', new Withdraw('2'))));
    expect(accounts.log).toEqual(['move', 'move', 'move']);
  });

  it('lets a message wait for no key of another application', async () => {
    const [one, two] = [await application(), await application()];
    Object.assign(one.accounts, { commands: two.commands });
    await one.commands.dispatch(new Move('1', new Close('1')));
    expect([one.accounts.log, two.accounts.log]).toEqual([['move'], ['close']]);
  });

  it('handles what its handler has started when it has ended', async () => {
    const { commands, accounts } = await application();
    await commands.dispatch(new Move('1'));
    await accounts.unawaited;
    expect(accounts.log).toEqual(['move', 'close']);
  });

  it('a command that a saga sends meanwhile waits', async () => {
    const { commands, accounts } = await application();
    await commands.dispatch(new Open('1'));
    await until(() => accounts.log.length === 2);
    expect(accounts.log).toEqual(['open', 'close']);
  });

  it('works for handlers of events', async () => {
    const { events, accounts } = await application();
    await Promise.all([events.publish(new Moved()), events.publish(new Moved())]);
    expect(accounts.log).toEqual(['begins', 'ends', 'begins', 'ends']);
  });

  it('is a part of the wiring', async () => {
    const { app } = await application();
    expect(app.get(Wiring, { strict: false }).toString()).toContain('Sequential');
  });

  it('takes a key function of each form', () => {
    expect(() =>
      Sequential(function (command: Withdraw) {
        return command.account;
      }),
    ).not.toThrow();
  });

  it.each<[unknown, object]>([
    [undefined, {}],
    ['account', {}],
    [class Withdraw {}, {}],
    [() => '', { name: '' }],
    [() => '', { keys: 1 }],
  ])('refuses %p with the options %j', (key, options) => {
    expect(() => Sequential(key as never, options)).toThrow(
      expect.objectContaining({ code: 'CQRS_INVALID_OPTIONS', where: '@Sequential' }),
    );
  });
});
