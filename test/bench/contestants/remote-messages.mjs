import { Injectable } from '@nestjs/common';
import { Command, CommandHandler, Message, QueryHandler, StreamQuery } from 'nestjs-cqrs';

const FIELDS = { id: 'order-4711', account: 'account-12', amount: 1999, currency: 'EUR', note: 'second try' };

const LINES = Array.from({ length: 20 }, (_, i) => ({
  article: `article-${1000 + i}`,
  text: `a thing of the kind ${i}, in a box`,
  count: i + 1,
  price: 100 * i + 99,
}));

/** What is sent, by name: as plain fields, a command with five of them and one whose JSON has 2 KB. */
export const PAYLOADS = { '5 fields': FIELDS, '2 KB': { ...FIELDS, lines: LINES } };

/** A command of the same fields. */
export class Charge extends Command {
  constructor(fields) {
    super();
    Object.assign(this, fields);
  }
}
Message({ name: 'bench.charge' })(Charge);

export class Rows extends StreamQuery {
  constructor(count) {
    super();
    this.count = count;
  }
}
Message({ name: 'bench.rows' })(Rows);

/** What both sides answer. */
export const charged = ({ id, amount }) => ({ id, amount, accepted: true });

export const rowOf = i => ({ id: i, account: `account-${i}`, amount: i * 10, currency: 'EUR', paid: i % 2 === 0 });

class ChargeHandler {
  async execute(command) {
    return charged(command);
  }
}

class RowsHandler {
  async *execute({ count }) {
    for (let i = 0; i < count; i++) yield rowOf(i);
  }
}

Injectable()(ChargeHandler);
CommandHandler(Charge)(ChargeHandler);
Injectable()(RowsHandler);
QueryHandler(Rows)(RowsHandler);

export const HANDLERS = [ChargeHandler, RowsHandler];
