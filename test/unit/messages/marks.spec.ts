import { InTransaction } from '../../../lib/extension.js';
import {
  CommandHandler,
  Durable,
  EventsHandler,
  Message,
  Middleware,
  On,
  QueryHandler,
  Saga,
  Timeout,
  Upcast,
  UseMiddleware,
  Validate,
} from '../../../lib/index.js';

class Sent {}
class Happened {}

const schema = { '~standard': { version: 1, vendor: 'none', validate: (value: unknown) => ({ value }) } } as const;

@Message({ name: 'marks.marked' })
@Validate(schema)
@UseMiddleware((message, next) => next(message))
class OfMessages {
  @Upcast(1)
  static first(payload: object): object {
    return payload;
  }
}

@Middleware()
class OfMiddleware {}

class OfMethods {
  @CommandHandler(Sent)
  @Timeout(5)
  command(): void {}

  @QueryHandler(Sent)
  query(): void {}

  @EventsHandler(Happened)
  event(): void {}

  @Saga()
  stream(): never {
    throw new Error('Nothing calls it');
  }

  @Saga(Happened)
  plain(): void {}
}

@Durable()
class OfQueues {}

class OfStoredEvents {
  @Durable('stored')
  @InTransaction()
  handle(_event: object): void {}
}

@InTransaction()
class OfTransactions {}

class OfAggregates {
  @On(Happened)
  happened(): void {}
}

/** What a class says to another copy of this package, in the order of the decorators. */
const said = (type: object): unknown[] =>
  (Reflect.getOwnMetadata('nestjs-cqrs:marks', type) as { decorator: string; said: unknown }[]).map(
    ({ decorator, said }) => (said === undefined ? decorator : [decorator, said]),
  );

describe('What decorators tell another copy of this package', () => {
  it('that it cannot honour them, by their names', () => {
    expect(said(OfMessages)).toEqual(['@Upcast', '@UseMiddleware or @Timeout', '@Validate', '@Message']);
    expect(said(OfMiddleware)).toEqual(['@Middleware']);
  });

  it('what makes handlers and sagas', () => {
    const handler = 'the decorator of a handler';
    expect(said(OfMethods)).toEqual([
      '@UseMiddleware or @Timeout',
      [handler, { kind: 'command', types: [Sent], method: 'command', on: 'method' }],
      [handler, { kind: 'query', types: [Sent], method: 'query', on: 'method' }],
      [handler, { kind: 'event', types: [Happened], method: 'event', on: 'method' }],
      ['@Saga', { method: 'stream' }],
      ['@Saga', { method: 'plain', events: [Happened] }],
    ]);
  });

  it('that it cannot store messages, nor handle them in a transaction, by their names', () => {
    expect(said(OfQueues)).toEqual(['@Durable']);
    expect(said(OfStoredEvents)).toEqual(['@InTransaction', '@Durable']);
    expect(said(OfTransactions)).toEqual(['@InTransaction']);
  });

  it('which methods of an aggregate take events', () => {
    expect(said(OfAggregates)).toEqual([['@On', [[Happened, 'happened']]]]);
  });
});
