import { Logger } from '@nestjs/common';
import { jest } from '@jest/globals';
import { AggregateRoot, Message, On } from '../../../lib/index.js';

class Created {}
class Renamed {}
class Closed {}

describe('an aggregate with on… methods', () => {
  let warnings: string[];

  beforeEach(() => {
    warnings = [];
    Logger.overrideLogger({
      log: () => undefined,
      error: () => undefined,
      warn: (text: string) => warnings.push(text),
    });
  });

  afterEach(() => jest.restoreAllMocks());
  afterAll(() => Logger.overrideLogger(false));

  const applyAll = (aggregate: AggregateRoot, ...events: object[]) => {
    for (const event of events) aggregate.apply(event);
  };

  it('calls the one that is named after @Message, in minified code too', () => {
    @Message({ name: 'AccountOpened' })
    class a {}
    class Account extends AggregateRoot {
      seen: string[] = [];
      onAccountOpened() {
        this.seen.push('opened');
      }
    }
    const account = new Account();
    account.apply(new a());
    expect(account.seen).toEqual(['opened']);
    expect(warnings).toEqual([]);
  });

  it('does not take getters for methods', () => {
    class Account extends AggregateRoot {
      get onHold() {
        return false;
      }
    }
    applyAll(new Account(), new Created(), new Renamed(), new Closed());
    expect(warnings).toEqual([]);
  });

  it('prefers the name of the class to that of @Message', () => {
    @Message({ name: 'AccountOpened' })
    class Opened {}
    class Account extends AggregateRoot {
      seen: string[] = [];
      onAccountOpened() {
        this.seen.push('message');
      }
      onOpened() {
        this.seen.push('class');
      }
    }
    const account = new Account();
    account.apply(new Opened());
    expect(account.seen).toEqual(['class']);
  });

  it.each([
    ['Event is missing at its end', class CreatedEvent {}],
    ['its case differs', class CREATED {}],
  ])('is told once that none matches, where %s', (_, Event) => {
    class Account extends AggregateRoot {
      onCreated() {}
    }
    applyAll(new Account(), new Event(), new Event());
    applyAll(new Account(), new Event(), new Renamed());
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(`Account has applied ${Event.name}, and none of its methods onCreated was called`);
    expect(warnings[0]).toContain('@On(…)');
  });

  it('is told so of a name that a minifier gives', () => {
    const t = class t {};
    class Account extends AggregateRoot {
      onCreated() {}
      onClosed() {}
    }
    applyAll(new Account(), new t());
    expect(warnings).toEqual([expect.stringContaining('none of its methods onCreated, onClosed was called')]);
  });

  it('is told so when as many kinds of events had none as there are methods', () => {
    class Account extends AggregateRoot {
      onOpening() {}
      onEnding() {}
      onNaming() {}
    }
    applyAll(new Account(), new Created(), new Renamed());
    expect(warnings).toEqual([]);
    applyAll(new Account(), new Closed());
    expect(warnings).toEqual([expect.stringContaining('has applied Created, Renamed, Closed')]);
  });

  it('gets no warning for events without a method next to events with one', () => {
    class Account extends AggregateRoot {
      onRenamed() {}
    }
    applyAll(new Account(), new Created(), new Renamed(), new Closed(), new (class t {})());
    class Decorated extends AggregateRoot {
      @On(Renamed)
      onName() {}
      onOther() {}
    }
    applyAll(new Decorated(), new Renamed(), new Created(), new Closed(), new (class t {})());
    expect(warnings).toEqual([]);
  });

  it('is not told if it has no such method, or finds its methods otherwise', () => {
    class Plain extends AggregateRoot {
      once() {}
    }
    class Own extends AggregateRoot {
      onCreated() {}
      protected override getEventHandler() {
        return undefined;
      }
    }
    applyAll(new Plain(), new Created(), new Renamed(), new Closed());
    applyAll(new Own(), new Created(), new Renamed(), new Closed());
    expect(warnings).toEqual([]);
  });
});
