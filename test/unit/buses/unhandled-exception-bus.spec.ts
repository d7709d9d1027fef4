import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { EventBus, UnhandledExceptionBus, type UnhandledExceptionInfo } from '../../../lib/index.js';
import { FailureReporter, UnhandledException, callSafely } from '../../../lib/dispatch/failures.js';
import { quiet } from '../../support/waiting.js';
import { escaped } from '../../support/escaped-rejections.js';

class Created {}
class OutOfStock extends Error {}
class Refused extends Error {}

const log = { error: jest.fn<(...texts: unknown[]) => void>(), log: jest.fn(), warn: jest.fn() };
beforeAll(() => Logger.overrideLogger(log));
beforeEach(() => log.error.mockReset());

function failingBus(exceptions: UnhandledExceptionBus, thrown = { error: new OutOfStock('none left') as unknown }) {
  const bus = new EventBus(undefined, undefined, exceptions);
  const other = jest.fn();
  bus.register(Created, function reserve() {
    throw thrown.error;
  });
  bus.register(Created, other);
  return { bus, other };
}

describe('UnhandledExceptionBus', () => {
  it('publishes failures that no code caught, and logs that', async () => {
    const exceptions = new UnhandledExceptionBus();
    const infos: UnhandledExceptionInfo[] = [];
    exceptions.subscribe(info => infos.push(info));
    const event = new Created();
    await failingBus(exceptions).bus.publish(event);
    expect(infos).toHaveLength(1);
    expect(infos[0]!.cause).toBe(event);
    expect(log.error).toHaveBeenCalledTimes(1);
    expect(log.error.mock.calls[0]![0]).toBe('"reserve" has thrown an unhandled exception on Created: none left');
  });

  it('filters by the class of what was thrown', () => {
    const exceptions = new UnhandledExceptionBus();
    const seen: unknown[] = [];
    exceptions.pipe(UnhandledExceptionBus.ofType(OutOfStock, TypeError)).subscribe(info => seen.push(info.exception));
    const infos = [new OutOfStock(), new Refused(), new TypeError(), 'text', undefined].map(exception => ({
      exception,
      cause: new Created(),
    }));
    for (const info of infos) exceptions.publish(info);
    expect(seen).toEqual([infos[0]!.exception, infos[2]!.exception]);
  });

  it('hands failures to a publisher in place of its subscribers', async () => {
    const publish = jest.fn();
    const exceptions = new UnhandledExceptionBus({ unhandledExceptionPublisher: { publish } });
    const seen = jest.fn();
    exceptions.subscribe(seen);
    await failingBus(exceptions).bus.publish(new Created());
    expect(publish).toHaveBeenCalledTimes(1);
    expect(seen).not.toHaveBeenCalled();
    const other = jest.fn(() => 'kept');
    exceptions.publisher = { publish: other };
    expect(exceptions.publisher.publish).toBe(other);
    expect(exceptions.publish({ exception: 1, cause: new Created() })).toBe('kept');
  });

  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('reporter');
      },
    ],
    ['rejects', () => Promise.reject(new Error('reporter'))],
  ])('hurts nobody with a publisher that %s: that is logged, and all handlers run', async (_, publish) => {
    const { bus, other } = failingBus(new UnhandledExceptionBus({ unhandledExceptionPublisher: { publish } }));
    await expect(bus.publish(new Created())).resolves.toBeUndefined();
    await quiet();
    expect(other).toHaveBeenCalledTimes(1);
    expect(log.error.mock.calls.map(([text]) => text)).toContainEqual(
      'The unhandled exception publisher failed: reporter',
    );
  });

  it('works with a logger that throws', async () => {
    log.error.mockImplementation(() => {
      throw new Error('disk full');
    });
    const exceptions = new UnhandledExceptionBus();
    const seen = jest.fn();
    exceptions.subscribe(() => {
      throw new Error('subscriber');
    });
    exceptions.subscribe(seen);
    const { bus, other } = failingBus(exceptions);
    await expect(bus.publish(new Created())).resolves.toBeUndefined();
    expect(other).toHaveBeenCalledTimes(1);
    expect(seen).toHaveBeenCalledTimes(1);
  });

  it('survives a subscriber that publishes the failing event again', async () => {
    const exceptions = new UnhandledExceptionBus();
    const { bus } = failingBus(exceptions);
    let again = 3;
    exceptions.subscribe(({ cause }) => {
      if (again-- > 0) void bus.publish(cause as Created);
    });
    await bus.publish(new Created());
    expect(log.error).toHaveBeenCalledTimes(4);
  });

  it.each<[string, unknown, string]>([
    ['a text', 'text', 'text'],
    ['undefined', undefined, 'undefined'],
    ['an object without a prototype', Object.create(null), 'something that cannot be printed'],
    [
      'an error whose message throws',
      Object.defineProperty(new Error(), 'message', {
        get: () => {
          throw new Error('no');
        },
      }),
      'something that cannot be printed',
    ],
  ])('takes %s', async (_, thrown, text) => {
    const exceptions = new UnhandledExceptionBus();
    const infos: UnhandledExceptionInfo[] = [];
    exceptions.subscribe(info => infos.push(info));
    await failingBus(exceptions, { error: thrown }).bus.publish(new Created());
    expect(infos[0]!.exception).toBe(thrown);
    expect(log.error.mock.calls[0]![0]).toBe(`"reserve" has thrown an unhandled exception on Created: ${text}`);
  });

  it('completes when it is closed', () => {
    const exceptions = new UnhandledExceptionBus();
    const complete = jest.fn();
    exceptions.subscribe({ complete });
    exceptions.close();
    expect(complete).toHaveBeenCalledTimes(1);
  });
});

const boom = (): never => {
  throw new Error('boom');
};

describe('the report of a failure', () => {
  it('names handler and module, and has a text as cause where a saga failed', () => {
    const publish = jest.fn<(info: UnhandledException) => void>();
    const error = new Error('boom');
    new FailureReporter({ publish }).report(error, 'Sagas.created', {
      name: 'Sagas.created',
      module: 'UsersModule',
    });
    const [info] = publish.mock.calls[0]!;
    expect([info.exception, info.cause, info.handler, info.module]).toEqual([
      error,
      'Sagas.created',
      'Sagas.created',
      'UsersModule',
    ]);
    expect([info.message, info.context, info.attempt]).toEqual([undefined, undefined, 1]);
    expect(log.error.mock.calls[0]![0]).toBe('"Sagas.created (UsersModule)" has thrown an unhandled exception: boom');
  });

  it('has two properties of its own, as users of @nestjs/cqrs compare them', () => {
    const info = new UnhandledException('e', new Created(), { handler: { name: 'x' }, context: undefined });
    expect(Object.keys(info)).toEqual(['exception', 'cause']);
  });

  it('goes to the log alone without an exception bus', () => {
    new FailureReporter().report('e', new Created(), { name: 'x' });
    expect(log.error).toHaveBeenCalledTimes(1);
  });

  describe('is described as far as it can be, and reaches the listener, where', () => {
    const revoked = () => {
      const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      return proxy;
    };
    const throwing = (property: string) =>
      Object.defineProperty(new Error('e'), property, {
        get: () => {
          throw new Error(`${property} throws`);
        },
      });
    class Nameless {
      static readonly name = Symbol('s') as never;
    }

    it.each<[string, unknown, object, unknown, (() => never)?]>([
      ['the message is a proxy that has been revoked', 'e', revoked(), 'x'],
      ['what was thrown is a proxy that has been revoked', revoked(), new Created(), 'x'],
      ['the text of an error throws', throwing('message'), new Created(), 'x'],
      ['the stack of an error throws', throwing('stack'), new Created(), 'x'],
      ['the text of an error is a Symbol', Object.assign(new Error('e'), { message: Symbol('m') }), new Created(), 'x'],
      ['what was thrown has no text', Object.create(null), new Created(), 'x'],
      ['the name of the class is a Symbol', 'e', new Nameless(), 'x'],
      ['the name of the handler is a Symbol', 'e', new Created(), Symbol('handler')],
      ['the context cannot be made', 'e', new Created(), 'x', boom],
    ])('%s', (_, exception, cause, name, describe) => {
      const publish = jest.fn<(info: UnhandledException) => void>();
      new FailureReporter({ publish }).report(exception, cause, { name: name as string }, describe);
      expect(log.error).toHaveBeenCalledTimes(1);
      expect(log.error.mock.calls[0]![0]).toContain('has thrown an unhandled exception');
      expect(publish.mock.calls[0]![0]).toMatchObject({ context: undefined });
      expect(publish).toHaveBeenCalledTimes(1);
    });
  });

  it('reaches no unhandledRejection where the logger of the application rejects', async () => {
    const calls: unknown[] = [];
    const error = async (...said: unknown[]) => {
      calls.push(said);
      throw new Error('logger');
    };
    Logger.overrideLogger({ log: () => undefined, error, warn: error });
    new FailureReporter().report('e', new Created(), { name: 'x' });
    await quiet();
    Logger.overrideLogger(log as never);
    expect([calls.length, escaped]).toEqual([1, []]);
  });

  it('reaches the listener although the log throws', () => {
    log.error.mockImplementation(boom);
    const publish = jest.fn();
    new FailureReporter({ publish }).report('e', new Created(), { name: 'x' });
    expect(publish).toHaveBeenCalledTimes(1);
  });

  it.each([
    ['throws', boom],
    ['rejects', () => Promise.reject(new Error('listener'))],
    ['returns a thenable that throws', () => ({ then: boom })],
    ['returns a promise whose then() throws', () => Object.assign(Promise.resolve(), { then: boom })],
  ])('is logged, and the failure of the listener too, where it %s', async (_, publish) => {
    new FailureReporter({ publish }).report('e', new Created(), { name: 'x' });
    await quiet();
    expect(log.error).toHaveBeenCalledTimes(2);
    expect(log.error.mock.calls[1]![0]).toContain('The unhandled exception publisher failed');
  });
});

describe('callSafely()', () => {
  it('says nothing of the failure of what has no name', async () => {
    callSafely(() => Promise.reject(new Error('quiet')));
    callSafely(() => {
      throw new Error('quiet');
    });
    await quiet();
    expect(log.error).not.toHaveBeenCalled();
  });
});
