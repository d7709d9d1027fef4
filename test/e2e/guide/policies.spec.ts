import { Injectable } from '@nestjs/common';
import {
  Command,
  CommandHandler,
  CqrsModule,
  Event,
  EventsHandler,
  Idempotent,
  MemoryResults,
  Sequential,
} from 'nestjs-cqrs';
import { track } from 'nestjs-cqrs/testing';
import { start } from '../../support/application.js';

// #region idempotent
@Idempotent({ key: (command: Charge) => command.requestId, keep: 3_600_000 }) // an hour
class Charge extends Command<string> {
  constructor(
    readonly requestId: string,
    readonly accountId: string,
    readonly cents: number,
  ) {
    super();
  }
}
// #endregion

// #region sequential
@Sequential((command: Withdraw) => command.accountId, { name: 'account' })
class Withdraw extends Command {
  constructor(
    readonly accountId: string,
    readonly cents: number,
  ) {
    super();
  }
}

@Sequential((command: CloseAccount) => command.accountId, { name: 'account' })
class CloseAccount extends Command {
  constructor(readonly accountId: string) {
    super();
  }
}
// #endregion

class Charged extends Event {
  constructor(readonly receipt: string) {
    super();
  }
}

@Injectable()
class Accounts {
  readonly log: string[] = [];
  private readonly cents = new Map([['a', 10]]);

  @CommandHandler(Charge)
  async charge({ accountId }: Charge) {
    return `receipt for ${accountId}`;
  }

  @CommandHandler(Withdraw)
  async withdraw({ accountId, cents }: Withdraw) {
    const present = await Promise.resolve(this.cents.get(accountId));
    if (present === undefined) throw new Error('closed');
    this.cents.set(accountId, present - cents);
    this.log.push(`${present - cents}`);
  }

  @CommandHandler(CloseAccount)
  async close({ accountId }: CloseAccount) {
    this.cents.delete(accountId);
    this.log.push('closed');
  }
}

// #region handler
@EventsHandler(Charged)
@Idempotent({ key: (event: Charged) => event.receipt })
class MailReceipt {
  async handle({ receipt }: Charged) {
    mails.push(receipt);
  }
}
// #endregion

const mails: string[] = [];

describe('docs/policies.md', () => {
  const application = () =>
    start({
      imports: [
        // #region memory
        CqrsModule.forRoot({ policies: { results: new MemoryResults({ entries: 100_000 }) } }),
        // #endregion
      ],
      providers: [Accounts, MailReceipt],
    });

  it('a repeated command gets the first receipt', async () => {
    const { commands, app } = await application();
    const { result, executed } = await track(app).run(() =>
      Promise.all(['a', 'b'].map(account => commands.execute(new Charge('r-1', account, 5)))),
    );
    expect(result).toEqual(['receipt for a', 'receipt for a']);
    expect(executed).toHaveLength(2);
    expect(executed.handledBy).toEqual(['Accounts.charge']);
  });

  it('commands of one account are handled one after another', async () => {
    const { commands, app } = await application();
    const sent = [new Withdraw('a', 1), new Withdraw('a', 2), new CloseAccount('a'), new Withdraw('a', 3)];
    const ends = await Promise.allSettled(sent.map(command => commands.dispatch(command)));
    expect(app.get(Accounts).log).toEqual(['9', '7', 'closed']);
    expect(ends[3]).toMatchObject({ status: 'rejected', reason: { message: 'closed' } });
  });

  it('a repeated event is mailed once', async () => {
    const { app } = await application();
    for (const [receipt, sent] of [
      ['1', ['MailReceipt']],
      ['1', []],
      ['2', ['MailReceipt']],
    ] as const) {
      const { published } = await track(app).publish(new Charged(receipt));
      expect(published.handledBy).toEqual(sent);
    }
    expect(mails).toEqual(['1', '2']);
  });
});
