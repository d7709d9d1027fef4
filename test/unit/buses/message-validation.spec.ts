import { Logger } from '@nestjs/common';
import { CommandBus, EventBus, InvalidMessageException, QueryBus } from '../../../lib/index.js';

class Create {
  constructor(readonly id = '1') {}
}
class Find {}
class Created {}

beforeAll(() => Logger.overrideLogger(false));

const invalid: [string, unknown][] = [
  ['null', null],
  ['undefined', undefined],
  ['a number', 42],
  ['NaN', NaN],
  ['a string', 'create'],
  ['a symbol', Symbol('create')],
  ['a bigint', 1n],
  ['true', true],
  ['a class', Create],
  ['a function', () => new Create()],
  ['an object without a prototype', Object.create(null)],
  ['an object whose prototype has no constructor', Object.create(Object.create(null))],
  ['an object whose prototype has a constructor that is no function', Object.create({ constructor: 1 })],
];

const commands = () => {
  const bus = new CommandBus();
  bus.register(Create, () => 'created');
  return bus;
};
const sends: [string, (message: any) => Promise<unknown>][] = [
  ['dispatch', message => commands().dispatch(message)],
  ['dispatch with options', message => commands().dispatch(message, { headers: {} })],
  ['execute', message => commands().execute(message)],
  ['ask', message => new QueryBus().ask(message)],
  ['execute of the query bus', message => new QueryBus().execute(message)],
  ['stream', message => new QueryBus().stream(message).next()],
  ['publish', message => new EventBus().publish(message)],
  ['publish in sequence', message => new EventBus().publish(message, { mode: 'sequential' })],
  ['publish to a publisher', message => outside().publish(message)],
  ['publishAll', message => new EventBus().publishAll([message])],
  ['publishAll to a publisher', message => outside().publishAll([message])],
  [
    'the second of a bus that has seen a valid one',
    async message => {
      const bus = commands();
      await bus.dispatch(new Create());
      return bus.execute(message);
    },
  ],
];
const outside = () => {
  const bus = new EventBus();
  bus.publisher = { publish: () => 'published' };
  return bus;
};

describe.each(sends)('%s', (_, send) => {
  it.each(invalid)('refuses %s with a rejection, never a throw', async (_name, message) => {
    const promise = send(message);
    expect(promise).toBeInstanceOf(Promise);
    await expect(promise).rejects.toBeInstanceOf(InvalidMessageException);
  });
});

describe('a message', () => {
  it('may be frozen, sealed, and sent any number of times at once', async () => {
    const bus = new CommandBus();
    bus.register(Create, (command, context) => [command.id, context.headers.tenant]);
    const [frozen, sealed] = [Object.freeze(new Create('f')), Object.seal(new Create('s'))];
    const results = await Promise.all([
      bus.execute(frozen, { headers: { tenant: 'a' } }),
      bus.execute(frozen, { headers: { tenant: 'b' } }),
      bus.execute(sealed),
    ]);
    expect(results).toEqual([
      ['f', 'a'],
      ['f', 'b'],
      ['s', undefined],
    ]);
    expect(Reflect.ownKeys(sealed)).toEqual(['id']);
  });

  it('may be an event that is frozen', async () => {
    const bus = new EventBus();
    const seen: object[] = [];
    bus.register(Created, event => seen.push(event));
    const event = Object.freeze(new Created());
    await bus.publish(event);
    await bus.publish(event, { headers: { tenant: 'a' } });
    expect(seen).toEqual([event, event]);
  });

  it('may have any members, such as one named constructor', async () => {
    class Odd {
      override = 1;
      constructor() {
        Object.defineProperty(this, 'constructor', { value: 'odd' });
      }
    }
    const bus = new CommandBus();
    bus.register(Odd, () => 'handled');
    expect(await bus.execute(new Odd())).toBe('handled');
  });

  it('may be an object made from one, as copies by Object.create are', async () => {
    const bus = new CommandBus();
    bus.register(Create, command => command.id);
    bus.dispatcher.setMiddleware([(message, next) => next(message)]);
    const made = Object.create(new Create('proto')) as Create;
    expect(await bus.execute(made)).toBe('proto');
    const orm = Object.assign(Object.create(Create.prototype) as Create, { id: 'orm' });
    expect(await bus.execute(orm)).toBe('orm');
  });

  it('that throws when looked at is refused, with its own error as the cause', async () => {
    const error = new Error('hands off');
    const hostile = new Proxy(new Created(), {
      getPrototypeOf: () => {
        throw error;
      },
      get: () => {
        throw error;
      },
    });
    const refused = { code: 'CQRS_INVALID_MESSAGE', cause: error };
    await expect(new EventBus().publish(hostile)).rejects.toMatchObject(refused);
    await expect(new CommandBus().execute(hostile)).rejects.toMatchObject(refused);
    await expect(new QueryBus().ask(hostile)).rejects.toMatchObject(refused);
  });

  it('that is a plain object finds no handler', async () => {
    await expect(new CommandBus().execute({ id: 1 })).rejects.toMatchObject({ code: 'CQRS_HANDLER_NOT_FOUND' });
    await expect(new QueryBus().ask({})).rejects.toMatchObject({ code: 'CQRS_HANDLER_NOT_FOUND' });
    await expect(new EventBus().publish({})).resolves.toBeUndefined();
  });

  it('of a query can be of any class too', async () => {
    const bus = new QueryBus();
    bus.register(Find, () => 'found');
    expect(await bus.ask(new Find())).toBe('found');
  });
});

describe('the options of a dispatch', () => {
  it.each([undefined, null, {}])('may be %p', async options => {
    const [queries, events] = [new QueryBus(), new EventBus()];
    queries.register(Find, () => ['found']);
    expect(await commands().execute(new Create(), options as never)).toBe('created');
    expect(await commands().dispatch(new Create(), options as never)).toBeUndefined();
    expect(await queries.ask(new Find(), options as never)).toEqual(['found']);
    expect(await queries.stream(new Find() as never, options as never).next()).toEqual({ value: 'found', done: false });
    expect(await events.publish(new Created(), options as never)).toBeUndefined();
    expect(await events.publishAll([new Created()], options as never)).toEqual([undefined]);
  });
});

describe('publishAll', () => {
  it.each<[string, any, number]>([
    ['nothing for null', null, 0],
    ['nothing for undefined', undefined, 0],
    ['what any iterable yields', new Set([new Created(), new Created()]), 2],
    ['a lone event that came without its list', new Created(), 1],
  ])('publishes %s', async (_, events, count) => {
    const bus = new EventBus();
    let seen = 0;
    bus.register(Created, () => seen++);
    await bus.publishAll(events);
    expect(seen).toBe(count);
  });

  it.each([42, 'ab', Symbol('s')])('refuses %p with a rejection, never a throw', async list => {
    await expect(new EventBus().publishAll(list as never)).rejects.toBeInstanceOf(InvalidMessageException);
    await expect(outside().publishAll(list as never)).rejects.toBeInstanceOf(InvalidMessageException);
  });

  it('rejects with what a list throws that cannot be read', async () => {
    const error = new Error('broken list');
    const list = {
      [Symbol.iterator]() {
        throw error;
      },
    };
    await expect(new EventBus().publishAll(list as never)).rejects.toBe(error);
    await expect(outside().publishAll(list as never)).rejects.toBe(error);
  });

  it('delivers the valid ones among invalid ones, and rejects', async () => {
    const bus = new EventBus();
    let seen = 0;
    bus.register(Created, () => seen++);
    await expect(bus.publishAll([new Created(), null as never, new Created()])).rejects.toBeInstanceOf(
      InvalidMessageException,
    );
    expect(seen).toBe(2);
  });
});
