import { Command, CommandHandler, Event, EventsHandler, Query, QueryHandler, StreamQuery } from '../../../lib/index.js';
import { kindOf } from '../../../lib/module/message-kinds.js';
import { nearMiss } from '../../../lib/module/near-misses.js';
import type { MessageType } from '../../../lib/index.js';

class OwnCommand extends Command {}
class OwnQuery extends Query<void> {}
class OwnRows extends StreamQuery<number> {}
class OwnEvent extends Event {}

class Handled {}
class Asked {}
class Happened {}
class Both {}
class Neither {}

@CommandHandler(Handled)
@EventsHandler(Both)
class CommandSide {
  execute() {}
  handle() {}
}

@QueryHandler(Asked)
@CommandHandler(Both)
class QuerySide {
  execute() {}
}

@EventsHandler(Happened)
class EventSide {
  handle() {}
}

const subclassOf = (type: MessageType): MessageType => class Special extends (type as new () => object) {};

const SENT = {
  command: 'It is a command: send it through the command bus.',
  query: 'It is a query: send it through the query bus.',
  event: 'It is an event: publish it on the event bus.',
};

describe('The kind of a message', () => {
  it.each([
    ['command', OwnCommand],
    ['query', OwnQuery],
    ['query', OwnRows],
    ['event', OwnEvent],
    ['command', Command],
    ['query', Query],
    ['query', StreamQuery],
    ['event', Event],
  ] as const)('is %s by its base class: %p', (kind, type) => {
    expect(kindOf(type, [])).toBe(kind);
    expect(kindOf(subclassOf(type), [])).toBe(kind);
    expect(kindOf(type, [type])).toBe(kind);
  });

  it.each([
    ['command', Handled],
    ['query', Asked],
    ['event', Happened],
  ] as const)('is %s by its decorated handler, else: %p', (kind, type) => {
    expect([CommandSide, QuerySide, EventSide]).toHaveLength(3);
    expect(kindOf(type, [])).toBe(kind);
    expect(kindOf(subclassOf(type), [])).toBe(kind);
    expect(kindOf(type, [type])).toBe(kind);
  });

  it('is event where a saga is called with it, else', () => {
    expect(kindOf(Neither, [Happened, Neither])).toBe('event');
    expect(kindOf(subclassOf(Neither), [Neither])).toBe('event');
    expect(kindOf(Neither, [Happened])).toBeUndefined();
    expect(kindOf(Neither, [])).toBeUndefined();
  });

  it('is unknown where two kinds of handlers are declared, also with a saga', () => {
    expect(kindOf(Both, [])).toBeUndefined();
    expect(kindOf(Both, [Both])).toBeUndefined();
  });

  const KINDS = ['command', 'query', 'event'] as const;
  const MISSED = [
    ['command', OwnCommand],
    ['query', OwnQuery],
    ['query', OwnRows],
    ['event', OwnEvent],
    ['command', Handled],
    ['query', Asked],
    ['event', Happened],
  ] as const;

  it.each(MISSED.flatMap(([kind, type]) => KINDS.filter(bus => bus !== kind).map(bus => [kind, bus, type] as const)))(
    'tells who sends a %s on the %s bus where it belongs: %p',
    (kind, bus, type) => {
      expect(nearMiss(type, bus, { handlers: [] })).toBe(SENT[kind]);
      expect(nearMiss(subclassOf(type), bus, { handlers: [] })).toBe(SENT[kind]);
    },
  );
});
