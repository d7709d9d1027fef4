import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import {
  Command,
  CommandBus,
  EventBus,
  InvalidMessageException,
  InvalidMiddlewareException,
  type MessageContext,
  QueryBus,
  UseMiddleware,
  type CqrsMiddleware,
  type MiddlewareFunction,
  type Next,
} from '../../../lib/index.js';
import { FunctionInvoker } from '../../../lib/handlers/handler-invoker.js';

class Create extends Command<string> {
  constructor(readonly id = '1') {
    super();
  }
}
class Rename extends Command<string> {
  constructor(readonly id = '1') {
    super();
  }
}
class Created {
  constructor(readonly id = '1') {}
}

const pass: MiddlewareFunction = (message, next) => next(message);
const tracing =
  (trace: string[], name: string): MiddlewareFunction =>
  (message, next) => {
    trace.push(name);
    return next(message);
  };

beforeAll(() => Logger.overrideLogger(false));

function busWith(...middleware: MiddlewareFunction[]) {
  const bus = new CommandBus({ middleware });
  const handler = jest.fn(({ id }: Create) => `created ${id}`);
  bus.register(Create, handler);
  return { bus, handler };
}

describe('a middleware', () => {
  it('reads the message and its context', async () => {
    const seen: unknown[] = [];
    const { bus } = busWith((message, next, context) => {
      seen.push(message, context.kind, context.type, context.handler.name);
      return next(message);
    });
    const command = new Create();
    await bus.execute(command);
    expect(seen).toEqual([command, 'command', Create, 'mockConstructor']);
  });

  it('changes a message that is not frozen', async () => {
    const { bus } = busWith((message, next) => next(Object.assign(message, { id: '2' })));
    expect(await bus.execute(new Create('1'))).toBe('created 2');
  });

  it('replaces the message', async () => {
    const { bus } = busWith((message, next) => next(new Create(`${(message as Create).id}!`)));
    expect(await bus.execute(Object.freeze(new Create('1')))).toBe('created 1!');
  });

  it('answers without the handler', async () => {
    const { bus, handler } = busWith(() => 'cached');
    expect(await bus.execute(new Create())).toBe('cached');
    expect(handler).not.toHaveBeenCalled();
  });

  it('changes the result', async () => {
    const { bus } = busWith(async (message, next) => `${(await next(message)) as string}.`);
    expect(await bus.execute(new Create('1'))).toBe('created 1.');
  });

  it('recovers from an error', async () => {
    const { bus, handler } = busWith((message, next) =>
      next(message).catch((error: Error) => `saved: ${error.message}`),
    );
    handler.mockImplementation(() => {
      throw new Error('boom');
    });
    expect(await bus.execute(new Create())).toBe('saved: boom');
  });

  it('lets errors through unchanged', async () => {
    const error = { code: 1 };
    const { bus, handler } = busWith(pass, async (message, next) => {
      const result: unknown = await next(message);
      return result;
    });
    handler.mockImplementation(() => {
      throw error;
    });
    await expect(bus.execute(new Create())).rejects.toBe(error);
  });

  it('calls next() again: the handler runs again, and knows which attempt it is', async () => {
    const attempts: number[] = [];
    const bus = new CommandBus({
      middleware: [(message, next) => next(message).catch(() => next(message)), pass],
    });
    bus.register(Create, (_, context) => {
      attempts.push(context.attempt);
      if (context.attempt < 2) throw new Error('again');
      return 'created';
    });
    expect(await bus.execute(new Create())).toBe('created');
    expect(attempts).toEqual([1, 2]);
    await bus.execute(new Create());
    expect(attempts).toEqual([1, 2, 1, 2]);
  });

  it('that throws at once rejects, and changes nothing for the next message', async () => {
    const error = new Error('refused');
    const { bus, handler } = busWith(message => {
      if ((message as Create).id === 'bad') throw error;
      return 'fine';
    });
    await expect(bus.execute(new Create('bad'))).rejects.toBe(error);
    expect(await bus.execute(new Create('good'))).toBe('fine');
    expect(handler).not.toHaveBeenCalled();
  });

  it('may return a value that is not a promise', async () => {
    const { bus } = busWith(() => 42, pass);
    const promise = bus.execute(new Create());
    expect(promise).toBeInstanceOf(Promise);
    expect(await promise).toBe(42);
  });

  it('may call next() after it has returned', async () => {
    let later: () => Promise<unknown>;
    const { bus, handler } = busWith((message, next) => {
      later = () => next(message);
      return 'answered';
    });
    expect(await bus.execute(new Create())).toBe('answered');
    expect(handler).not.toHaveBeenCalled();
    expect(await later!()).toBe('created 1');
  });

  it('may hand next() to what calls it with more than a message', async () => {
    const { bus, handler } = busWith(async (message, next) => {
      const send = next as (each: object, i: number) => Promise<unknown>;
      return (await Promise.all([message, message].map(send))).join(', ');
    }, pass);
    expect(await bus.execute(new Create('1'))).toBe('created 1, created 1');
    expect(handler.mock.calls).toEqual([[new Create('1')], [new Create('1')]]);
  });

  it('that calls next() without a message, or with none, is told so by a rejection', async () => {
    for (const bad of [undefined, null, 42, Create, Object.create(null)]) {
      const { bus, handler } = busWith((_, next) => next(bad as object));
      await expect(bus.execute(new Create())).rejects.toMatchObject({
        code: 'CQRS_INVALID_MESSAGE',
        where: 'next() of a middleware',
      });
      expect(handler).not.toHaveBeenCalled();
    }
  });

  it('never gets what another one calls next() with, unless it is a message', async () => {
    const given: unknown[] = [];
    const record = (message: object, next: Next) => (given.push(message), next(message));
    for (const inner of [record, { intercept: record }])
      for (const bad of [undefined, null, 42, 'text']) {
        const bus = new CommandBus({ middleware: [(_, next) => next(bad as unknown as object), inner] });
        bus.register(Create, () => 'created');
        await expect(bus.execute(new Create())).rejects.toMatchObject({ code: 'CQRS_INVALID_MESSAGE' });
      }
    expect(given).toEqual([]);
  });

  it('is seen by a spy that is put on its instance later', async () => {
    class Audit implements CqrsMiddleware {
      intercept(message: object, next: Next) {
        return next(message);
      }
    }
    const audit = new Audit();
    const bus = new CommandBus({ middleware: [audit] });
    bus.register(Create, () => 'created');
    await bus.execute(new Create());
    const spy = jest.spyOn(audit, 'intercept');
    await bus.execute(new Create());
    expect(spy).toHaveBeenCalledTimes(1);
  });

  it('wraps queries and each handler of an event alike', async () => {
    const trace: string[] = [];
    const queries = new QueryBus({ middleware: [tracing(trace, 'query')] });
    queries.register(Create, () => 'x');
    await queries.ask(new Create());
    const events = new EventBus({ middleware: [tracing(trace, 'event')] });
    events.register(Created, () => trace.push('one'));
    events.register(Created, () => trace.push('two'));
    await events.publish(new Created());
    expect(trace).toEqual(['query', 'event', 'one', 'event', 'two']);
  });
});

describe('a middleware class without Nest', () => {
  class Counting implements CqrsMiddleware {
    count = 0;
    intercept(message: object, next: Next) {
      this.count++;
      return next(message);
    }
  }

  it('is instantiated once for a bus, also where messages name it', async () => {
    const made = jest.fn();
    class Made extends Counting {
      constructor() {
        super();
        made();
      }
    }
    @UseMiddleware(Made)
    class Marked {}
    const bus = new CommandBus({ middleware: [Made] });
    bus.register(Marked, () => 1);
    await bus.execute(new Marked());
    await bus.execute(new Marked());
    expect(made).toHaveBeenCalledTimes(1);
  });

  it('cannot have constructor parameters', () => {
    class Needy extends Counting {
      constructor(readonly service: object) {
        super();
      }
    }
    expect(() => new CommandBus({ middleware: [Needy] })).toThrow(InvalidMiddlewareException);
    expect(() => new EventBus({ middleware: [Needy] })).toThrow(/Needy/);
    expect(() => new CommandBus({ middleware: [new Needy({})] })).not.toThrow();
  });

  it('named by a message, with constructor parameters, makes that message fail and no other', async () => {
    class Needy extends Counting {
      constructor(readonly service: object) {
        super();
      }
    }
    @UseMiddleware(Needy)
    class Marked {}
    const { bus } = busWith();
    bus.register(Marked, () => 1);
    await expect(bus.execute(new Marked())).rejects.toBeInstanceOf(InvalidMiddlewareException);
    expect(await bus.execute(new Create())).toBe('created 1');
  });

  it.each([undefined, null, 42, {}])('cannot be %p', middleware => {
    expect(() => new CommandBus({ middleware: [middleware as never] })).toThrow(InvalidMiddlewareException);
  });
});

describe('@UseMiddleware', () => {
  it('on messages lies within the bus and around the handler, the base class outermost', async () => {
    const trace: string[] = [];
    @UseMiddleware(tracing(trace, 'base'))
    class Base {}
    @UseMiddleware(tracing(trace, 'type 1'), tracing(trace, 'type 2'))
    class Sub extends Base {}
    const bus = new CommandBus({ middleware: [tracing(trace, 'bus')] });
    bus.registry.registerInvoker(
      Base,
      new FunctionInvoker(() => trace.push('handler'), { name: 'h' }, [tracing(trace, 'own')]),
    );
    await bus.execute(new Sub());
    expect(trace).toEqual(['bus', 'base', 'type 1', 'type 2', 'own', 'handler']);
    trace.length = 0;
    await bus.execute(new Base());
    expect(trace).toEqual(['bus', 'base', 'own', 'handler']);
  });
});

describe('@UseMiddleware on a function that is registered', () => {
  it('lies within all others, made ready by the bus', async () => {
    const trace: string[] = [];
    class Own implements CqrsMiddleware {
      intercept(message: object, next: Next) {
        trace.push('own');
        return next(message);
      }
    }
    const create = () => {
      trace.push('handler');
      return 'created';
    };
    UseMiddleware(Own, tracing(trace, 'inner'))(create);
    const bus = new CommandBus({ middleware: [tracing(trace, 'bus')] });
    bus.register(Create, create);
    expect(await bus.execute(new Create())).toBe('created');
    expect(trace).toEqual(['bus', 'own', 'inner', 'handler']);
    trace.length = 0;
    const events = new EventBus();
    events.register(Created, create);
    events.register(Created, () => trace.push('other'));
    await events.publish(new Created());
    expect(trace).toEqual(['own', 'inner', 'handler', 'other']);
  });
});

describe('a message of another type passed to next()', () => {
  const swap: MiddlewareFunction = (message, next) =>
    next(message instanceof Create ? new Rename(message.id) : message);

  it('goes to the handler of that type', async () => {
    const { bus, handler } = busWith(swap);
    bus.register(Rename, ({ id }) => `renamed ${id}`);
    expect(await bus.execute(new Create('1'))).toBe('renamed 1');
    expect(handler).not.toHaveBeenCalled();
  });

  it('is refused if that type has no handler', async () => {
    await expect(busWith(swap).bus.execute(new Create())).rejects.toMatchObject({ code: 'CQRS_HANDLER_NOT_FOUND' });
  });

  it('passes what @UseMiddleware put on its own type and handler', async () => {
    const trace: string[] = [];
    @UseMiddleware(tracing(trace, 'type'))
    class Guarded {}
    const { bus } = busWith((message, next) => next(message instanceof Create ? new Guarded() : message));
    bus.registry.registerInvoker(
      Guarded,
      new FunctionInvoker(() => trace.push('handler'), { name: 'h' }, [tracing(trace, 'handler middleware')]),
    );
    await bus.execute(new Create());
    expect(trace).toEqual(['type', 'handler middleware', 'handler']);
  });

  it('passes what its subclass adds, and what both share once', async () => {
    const trace: string[] = [];
    @UseMiddleware(tracing(trace, 'base'))
    class Base {}
    @UseMiddleware(tracing(trace, 'sub'))
    class Sub extends Base {}
    const bus = new CommandBus({ middleware: [(message, next) => next(message instanceof Sub ? message : new Sub())] });
    bus.register(Base, () => trace.push('handler'));
    await bus.execute(new Base());
    expect(trace).toEqual(['base', 'sub', 'handler']);
  });

  it('gives its handler the context with all options of the caller', async () => {
    const { bus } = busWith(swap);
    bus.register(Rename, (_, context) => [context.headers.tenant, context.attempt] as never);
    expect(await bus.execute(new Create(), { headers: { tenant: 'a' } })).toEqual(['a', 1]);
    expect(await bus.execute(new Create())).toEqual([undefined, 1]);
  });

  it('must be handled by the same handler where it is an event', async () => {
    const bus = new EventBus({
      middleware: [(message, next) => next(message instanceof Created ? new Rename() : message)],
      onError: 'throw',
    });
    bus.register(Created, function project() {});
    bus.register(Rename, () => undefined);
    await expect(bus.publish(new Created())).rejects.toBeInstanceOf(InvalidMessageException);
    await expect(bus.publish(new Created())).rejects.toThrow(/project, which handles other events/);
  });

  it('may be an event of a subclass', async () => {
    class SpecialCreated extends Created {}
    const seen: object[] = [];
    const bus = new EventBus({ middleware: [(_, next) => next(new SpecialCreated())] });
    bus.register(Created, event => seen.push(event));
    await bus.publish(new Created());
    expect(seen).toEqual([new SpecialCreated()]);
    expect(seen[0]).toBeInstanceOf(SpecialCreated);
  });
});

describe('the context of a dispatch', () => {
  const constructed = () => {
    // A context is the only thing here that looks at the clock.
    const clock = jest.spyOn(Date, 'now');
    return () => clock.mock.calls.length;
  };
  afterEach(() => jest.restoreAllMocks());

  it('is made only on demand', async () => {
    const { bus } = busWith(pass, pass);
    const events = new EventBus({ middleware: [pass] });
    events.register(Created, () => undefined);
    const count = constructed();
    await bus.execute(new Create());
    await bus.dispatch(new Create());
    await events.publish(new Created());
    expect(count()).toBe(0);
  });

  it('is made once per dispatch', async () => {
    const reading: MiddlewareFunction = (message, next, _context) => next(message);
    const { bus } = busWith(reading, pass, reading);
    bus.registry.clear();
    bus.register(Create, (_, context) => context.messageId);
    const count = constructed();
    await bus.execute(new Create());
    expect(count()).toBe(1);
  });

  it('is the same for every middleware and the handler', async () => {
    const seen = new Set<unknown>();
    const reading: MiddlewareFunction = (message, next, context) => {
      seen.add(context);
      return next(message);
    };
    const bus = new CommandBus({ middleware: [reading, pass, reading] });
    bus.register(Create, (_, context) => {
      seen.add(context);
      return 'x';
    });
    await bus.execute(new Create());
    expect(seen.size).toBe(1);
  });

  it('names its cause from dispatch to dispatch', async () => {
    const bus = new CommandBus();
    const seen: MessageContext[] = [];
    bus.register(Create, async (_, context) => {
      seen.push(context);
      return bus.execute(new Rename(), { context });
    });
    bus.register(Rename, (_, context) => {
      seen.push(context);
      return 'renamed';
    });
    await bus.execute(new Create(), { headers: { tenant: 'a' } });
    const [first, second] = seen;
    expect(second!.causationId).toBe(first!.messageId);
    expect(second!.correlationId).toBe(first!.correlationId);
    expect(second!.headers).toEqual({ tenant: 'a' });
  });

  it('has the same identifiers for all handlers of an event, and attempts for each', async () => {
    const seen: [string, number][] = [];
    const retry: MiddlewareFunction = (message, next) => next(message).catch(() => next(message));
    const bus = new EventBus({ middleware: [retry] });
    bus.register(Created, (_, context) => {
      seen.push([context.messageId, context.attempt]);
      if (context.attempt === 1) throw new Error('again');
    });
    bus.register(Created, (_, context) => seen.push([context.messageId, context.attempt]));
    await bus.publish(new Created());
    expect(new Set(seen.map(([id]) => id)).size).toBe(1);
    expect(seen.map(([, attempt]) => attempt)).toEqual([1, 1, 2]);
  });
});
