import { UnprocessableEntityException } from '@nestjs/common';
import { integer, pgTable, text } from 'drizzle-orm/pg-core';
import { AggregateRoot, Command, Event, On } from 'nestjs-cqrs';

export class AccountOpened extends Event {
  constructor(readonly accountId: string) {
    super();
  }
}
export class MoneyMoved extends Event {
  constructor(
    readonly accountId: string,
    readonly cents: number,
  ) {
    super();
  }
}
export class OpenAccount extends Command {
  constructor(readonly accountId: string) {
    super();
  }
}
export class Deposit extends Command {
  constructor(
    readonly accountId: string,
    readonly cents: number,
  ) {
    super();
  }
}
export class Transfer extends Command {
  constructor(
    readonly from: string,
    readonly to: string,
    readonly cents: number,
  ) {
    super();
  }
}

// #region aggregate
export const accounts = pgTable('accounts', {
  id: text().primaryKey(),
  balance: integer().notNull(),
  version: integer().notNull(),
});

export class Account extends AggregateRoot {
  constructor(
    readonly id: string,
    public balance = 0,
    public version = 0, // 0 for an account that has no row
  ) {
    super();
  }

  static open(id: string): Account {
    const account = new Account(id);
    account.apply(new AccountOpened(id));
    return account;
  }

  move(cents: number): void {
    if (this.balance + cents < 0) throw new UnprocessableEntityException(`Account ${this.id} has not enough money.`);
    this.apply(new MoneyMoved(this.id, cents));
  }

  @On(MoneyMoved)
  moved({ cents }: MoneyMoved): void {
    this.balance += cents;
  }
}
// #endregion
