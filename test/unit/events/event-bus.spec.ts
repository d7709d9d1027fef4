import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import {
  BusClosedException,
  EventBus,
  EventHandlerRegistry,
  EventHandlersFailedException,
  UnhandledExceptionBus,
  type EventMode,
  type PublishOptions,
  type UnhandledExceptionInfo,
} from '../../../lib/index.js';
import { pending, quiet } from '../../support/waiting.js';

class Created {
  constructor(readonly id = '1') {}
}
class SpecialCreated extends Created {}
class Renamed {}

const never = () => new Promise<never>(() => undefined);

beforeAll(() => Logger.overrideLogger(false));

/** A bus without Nest, and what it reports. */
function reportingBus(options: ConstructorParameters<typeof EventBus>[0] = {}) {
  const exceptions = new UnhandledExceptionBus();
  const reported: UnhandledExceptionInfo[] = [];
  exceptions.subscribe(info => reported.push(info));
  return { bus: new EventBus(options, undefined, exceptions), reported, exceptions };
}

describe('publish()', () => {
  it('resolves when all handlers have settled', async () => {
    const bus = new EventBus();
    const [one, two] = [pending(), pending()];
    bus.register(Created, () => one.promise);
    bus.register(Created, () => two.promise);
    let settled = false;
    const published = bus.publish(new Created()).then(() => (settled = true));
    two.finish();
    await quiet();
    expect(settled).toBe(false);
    one.finish();
    await published;
    expect(settled).toBe(true);
  });

  it('resolves to undefined, also for an event without a handler', async () => {
    const bus = new EventBus();
    expect(await bus.publish(new Created())).toBeUndefined();
    bus.register(Created, () => 'something');
    expect(await bus.publish(new Created())).toBeUndefined();
  });

  it('calls handlers before it returns, in the order of registration', () => {
    const bus = new EventBus();
    const trace: string[] = [];
    bus.register(Created, () => trace.push('one'));
    bus.register(Created, async () => trace.push('two'));
    void bus.publish(new Created());
    expect(trace).toEqual(['one', 'two']);
  });

  it('waits for thenables', async () => {
    const bus = new EventBus();
    let done = false;
    bus.register(Created, () => ({
      then: (resolve: (value: unknown) => void) => {
        setImmediate(() => {
          done = true;
          resolve(undefined);
        });
      },
    }));
    await bus.publish(new Created());
    expect(done).toBe(true);
  });

  it('never resolves while a handler never settles; other handlers run', async () => {
    const bus = new EventBus();
    const handled = jest.fn();
    bus.register(Created, never);
    bus.register(Created, handled);
    bus.register(Renamed, handled);
    let settled = false;
    void bus.publish(new Created()).then(() => (settled = true));
    await bus.publish(new Renamed());
    await quiet();
    expect(settled).toBe(false);
    expect(handled).toHaveBeenCalledTimes(2);
  });

  it('reaches handlers of the class and of what it extends, each once', async () => {
    const bus = new EventBus();
    const trace: string[] = [];
    bus.register(Created, () => trace.push('base'));
    bus.register(SpecialCreated, () => trace.push('sub'));
    const both = jest.fn();
    const invoker = bus.registry.get(Created)[0]!;
    bus.registry.registerInvoker([SpecialCreated, Created], {
      ...invoker,
      usesContext: false,
      middleware: [],
      identity: { name: 'both' },
      invoke: both,
    });
    await bus.publish(new SpecialCreated());
    expect(trace.toSorted()).toEqual(['base', 'sub']);
    expect(both).toHaveBeenCalledTimes(1);
    await bus.publish(new Created());
    expect(trace.toSorted()).toEqual(['base', 'base', 'sub']);
    expect(both).toHaveBeenCalledTimes(2);
  });

  it('reaches a handler of Object, which every class extends, last', async () => {
    const bus = new EventBus();
    const trace: string[] = [];
    bus.register(Object, event => trace.push(`any ${event.constructor.name}`));
    bus.register(Created, () => trace.push('created'));
    await bus.publish(new SpecialCreated());
    await bus.publish(new Renamed());
    expect(trace).toEqual(['created', 'any SpecialCreated', 'any Renamed']);
  });

  it('does not lose the handler of a base because a subclass has one', async () => {
    const bus = new EventBus();
    const [base, sub] = [jest.fn(), jest.fn()];
    bus.register(SpecialCreated, sub)();
    bus.register(Created, base);
    await bus.publish(new SpecialCreated());
    expect([base.mock.calls.length, sub.mock.calls.length]).toEqual([1, 0]);
  });

  it('sees handlers that come and go, and those of a shared registry', async () => {
    const registry = new EventHandlerRegistry();
    const bus = new EventBus({ registry });
    expect(bus.registry).toBe(registry);
    const handler = jest.fn();
    await bus.publish(new Created());
    const dispose = registry.register(Created, handler);
    await bus.publish(new Created());
    dispose();
    await bus.publish(new Created());
    expect(handler).toHaveBeenCalledTimes(1);
  });

  it('hands the event to the handlers it had when it was published, whatever they change meanwhile', async () => {
    const bus = new EventBus();
    const second = jest.fn();
    bus.register(Created, () => dispose());
    const dispose = bus.register(Created, second);
    await bus.publish(new Created());
    await bus.publish(new Created());
    expect(second).toHaveBeenCalledTimes(1);
  });

  it('refuses an aborted signal with its reason, and calls no handler', async () => {
    const bus = new EventBus();
    const handler = jest.fn();
    bus.register(Created, handler);
    const reason = new Error('gone');
    await expect(bus.publish(new Created(), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(handler).not.toHaveBeenCalled();
  });

  it('refuses events after the bus was closed, and completes its subscribers', async () => {
    const { bus } = reportingBus();
    const [handler, complete] = [jest.fn(), jest.fn()];
    bus.register(Created, handler);
    bus.subscribe({ complete });
    await bus.publish(new Created());
    bus.close();
    bus.close();
    await expect(bus.publish(new Created())).rejects.toBeInstanceOf(BusClosedException);
    await expect(bus.publishAll([new Created()])).rejects.toBeInstanceOf(BusClosedException);
    expect(() => bus.subject$.next(new Created())).not.toThrow();
    expect(handler).toHaveBeenCalledTimes(1);
    expect(complete).toHaveBeenCalledTimes(1);
  });

  it('lets what runs end when the bus is closed in the middle', async () => {
    const bus = new EventBus();
    const handler = pending();
    bus.register(Created, () => handler.promise);
    const published = bus.publish(new Created());
    bus.close();
    handler.finish();
    expect(await published).toBeUndefined();
  });
});

describe('the modes of handling', () => {
  const handled = async (mode: EventMode | undefined, bus: EventBus) => {
    const trace: string[] = [];
    for (const name of ['one', 'two', 'three'])
      bus.register(Created, async () => {
        trace.push(`+${name}`);
        await quiet();
        trace.push(`-${name}`);
        if (name === 'two') throw new Error(name);
      });
    await bus.publish(new Created(), mode && { mode });
    return trace.join(' ');
  };
  const parallel = '+one +two +three -one -two -three';
  const sequential = '+one -one +two -two +three -three';
  const untilFailure = '+one -one +two -two';

  it.each<[EventMode | undefined, string]>([
    [undefined, parallel],
    ['parallel', parallel],
    ['sequential', sequential],
    ['untilFailure', untilFailure],
  ])('%s, said by the call', async (mode, expected) => {
    expect(await handled(mode, new EventBus())).toBe(expected);
  });

  it.each<[EventMode, string]>([
    ['parallel', parallel],
    ['sequential', sequential],
    ['untilFailure', untilFailure],
  ])('%s, said by the bus', async (mode, expected) => {
    expect(await handled(undefined, new EventBus({ mode }))).toBe(expected);
  });

  it('are those of the bus unless the call says another; undefined says nothing', async () => {
    expect(await handled('parallel', new EventBus({ mode: 'sequential' }))).toBe(parallel);
    const bus = new EventBus({ mode: 'sequential' });
    const trace: string[] = [];
    bus.register(Created, async () => {
      await quiet();
      trace.push('one');
    });
    bus.register(Created, () => trace.push('two'));
    await bus.publish(new Created(), { mode: undefined, headers: {} });
    expect(trace).toEqual(['one', 'two']);
  });

  it('stop at what throws at once, too', async () => {
    const bus = new EventBus({ mode: 'untilFailure' });
    const second = jest.fn();
    bus.register(Created, () => {
      throw new Error('first');
    });
    bus.register(Created, second);
    await bus.publish(new Created());
    expect(second).not.toHaveBeenCalled();
  });
});

describe('a handler that fails', () => {
  const error = new Error('boom');
  const failing = (name: string, async: boolean) =>
    Object.defineProperty(
      async
        ? () => Promise.reject(error)
        : () => {
            throw error;
          },
      'name',
      { value: name },
    );

  it.each([true, false])('is reported, hurts no other, and publish() resolves (async: %p)', async async => {
    const { bus, reported } = reportingBus();
    const other = jest.fn();
    bus.register(Created, failing('failing', async));
    bus.register(Created, other);
    const event = new Created();
    expect(await bus.publish(event)).toBeUndefined();
    expect(other).toHaveBeenCalledTimes(1);
    expect(reported).toHaveLength(1);
    expect(reported[0]).toMatchObject({ exception: error, cause: event });
    expect(reported[0]!.message).toBe(event);
    expect(reported[0]!.handler).toBe('failing');
    expect(reported[0]!.module).toBeUndefined();
    expect(reported[0]!.attempt).toBe(1);
    expect(reported[0]!.context!.kind).toBe('event');
    expect(Object.keys(reported[0]!)).toEqual(['exception', 'cause']);
  });

  it('runs again with the next event', async () => {
    const { bus, reported } = reportingBus();
    bus.register(Created, failing('failing', false));
    await bus.publish(new Created());
    await bus.publish(new Created());
    expect(reported).toHaveLength(2);
  });

  it('makes publish() reject with its error, unchanged, after all have settled: onError throw', async () => {
    const { bus, reported } = reportingBus();
    const other = pending();
    bus.register(Created, failing('failing', true));
    bus.register(Created, () => other.promise);
    let settled = false;
    const published = bus.publish(new Created(), { onError: 'throw' });
    published.catch(() => (settled = true));
    await quiet();
    expect(settled).toBe(false);
    other.finish();
    await expect(published).rejects.toBe(error);
    expect(reported).toHaveLength(1);
  });

  it.each([null, undefined, 'text'])('may throw %p, which stays what it is', async thrown => {
    const { bus, reported } = reportingBus({ onError: 'throw' });
    bus.register(Created, () => Promise.reject(thrown));
    const reason: unknown = await bus.publish(new Created()).then(
      () => 'resolved',
      (rejection: unknown) => rejection,
    );
    expect(reason).toBe(thrown);
    expect(reported[0]!.exception).toBe(thrown);
  });

  it('with others makes publish() reject with all of their errors', async () => {
    const { bus } = reportingBus({ onError: 'throw' });
    bus.register(Created, failing('one', true));
    bus.register(Created, () => undefined);
    bus.register(Created, failing('two', false));
    const rejection = await bus.publish(new Created()).catch((thrown: unknown) => thrown);
    expect(rejection).toBeInstanceOf(EventHandlersFailedException);
    const { errors, handlers } = rejection as EventHandlersFailedException;
    expect(errors).toEqual([error, error]);
    expect([...handlers].toSorted()).toEqual(['one', 'two']);
  });

  it('is handed to the caller and not reported: onError collect', async () => {
    const { bus, reported } = reportingBus();
    bus.register(Created, failing('one', true));
    bus.register(Created, function two() {});
    const event = new Created();
    expect(await bus.publish(event, { onError: 'collect' })).toEqual({
      event,
      handled: ['one', 'two'],
      skipped: [],
      failures: [{ handler: 'one', module: undefined, error }],
    });
    expect(reported).toEqual([]);
  });

  it('skips later handlers, also of the same name', async () => {
    const { bus } = reportingBus({ mode: 'untilFailure' });
    for (const fails of [false, true, false])
      bus.register(Created, function project() {
        if (fails) throw error;
      });
    const outcome = await bus.publish(new Created(), { onError: 'collect' });
    expect(outcome).toMatchObject({ handled: ['project', 'project'], skipped: ['project'] });
    expect(outcome.failures).toHaveLength(1);
  });

  it('is collected for each event of a list', async () => {
    const { bus } = reportingBus();
    bus.register(Created, ({ id }) => {
      if (id === '2') throw error;
    });
    const outcomes = await bus.publishAll([new Created('1'), new Created('2')], { onError: 'collect' });
    expect(outcomes.map(({ failures }) => failures.length)).toEqual([0, 1]);
  });

  it('may be told otherwise by the call than by the bus', async () => {
    const { bus, reported } = reportingBus({ onError: 'throw' });
    bus.register(Created, failing('failing', true));
    await expect(bus.publish(new Created(), { onError: 'report' })).resolves.toBeUndefined();
    await expect(bus.publish(new Created(), { onError: undefined, headers: {} })).rejects.toBe(error);
    expect(reported).toHaveLength(2);
  });

  it('may return what throws when it is looked at', async () => {
    const { bus, reported } = reportingBus();
    const other = jest.fn();
    const hostile = Object.defineProperty({}, 'then', {
      get: () => {
        throw error;
      },
    });
    bus.register(Created, () => hostile);
    bus.register(Created, other);
    await bus.publish(new Created());
    await bus.publish(new Created());
    expect(other).toHaveBeenCalledTimes(2);
    expect(reported.map(({ exception }) => exception as unknown)).toEqual([error, error]);
  });
});

describe('a promise that is not awaited', () => {
  // Jest fails the test during which a rejection reaches the process.
  it.each<[string, (bus: EventBus) => unknown]>([
    ['of a failing handler', bus => bus.publish(new Created(), { onError: 'throw' })],
    ['of several events', bus => bus.publishAll([new Created(), new Created()], { onError: 'throw' })],
    ['in sequence', bus => bus.publish(new Created(), { onError: 'throw', mode: 'sequential' })],
    [
      'of several in sequence',
      bus => bus.publishAll([new Created(), new Created()], { onError: 'throw', mode: 'untilFailure' }),
    ],
    ['of what is no event', bus => bus.publish(null as never)],
    ['of a list of what are no events', bus => bus.publishAll([null as never, 1 as never])],
    ['of a closed bus', bus => (bus.close(), bus.publish(new Created()))],
    [
      'of a publisher that throws',
      bus => {
        bus.publisher = {
          publish: () => {
            throw new Error('publisher');
          },
        };
        return [bus.publish(new Created()), bus.publishAll([new Created(), new Created()])];
      },
    ],
    [
      'of a publisher that rejects',
      bus => {
        bus.publisher = { publish: () => Promise.reject(new Error('publisher')) };
        return [bus.publish(new Created()), bus.publishAll([new Created(), new Created()])];
      },
    ],
    [
      'of a publisher that rejects the first and throws at the second',
      bus => {
        let calls = 0;
        bus.publisher = {
          publish: () => {
            if (calls++ > 0) throw new Error('second');
            return Promise.reject(new Error('first'));
          },
        };
        return bus.publishAll([new Created(), new Created()]);
      },
    ],
    [
      'of a publisher whose publishAll rejects',
      bus => {
        bus.publisher = { publish: () => undefined, publishAll: () => Promise.reject(new Error('publisher')) };
        return bus.publishAll([new Created()]);
      },
    ],
    ['of an event put in from outside', bus => bus.subject$.next(new Created())],
    ['of nothing put in from outside', bus => bus.subject$.next(null as never)],
  ])('%s does not reach the process', async (_, publish) => {
    const { bus, reported } = reportingBus();
    bus.register(Created, () => Promise.reject(new Error('handler')));
    publish(bus);
    await quiet();
    await quiet();
    expect(reported.length).toBeGreaterThan(0);
  });
});

describe('publishAll()', () => {
  it.each<[string, PublishOptions | undefined, string]>([
    ['one event after another', undefined, '+a1 +b1 +a2 +b2 -a1 -b1 -a2 -b2'],
    ['one handler after another in sequence', { mode: 'sequential' }, '+a1 -a1 +b1 -b1 +a2 -a2 +b2 -b2'],
  ])('hands over %s', async (_, options, expected) => {
    const bus = new EventBus();
    const trace: string[] = [];
    for (const name of ['a', 'b'])
      bus.register(Created, async ({ id }) => {
        trace.push(`+${name}${id}`);
        await quiet();
        trace.push(`-${name}${id}`);
      });
    await bus.publishAll([new Created('1'), new Created('2')], options);
    expect(trace.join(' ')).toBe(expected);
  });

  it('rejects for the first failure when all events have been handled', async () => {
    const bus = new EventBus();
    const [first, last] = [new Error('first'), pending()];
    bus.register(Created, ({ id }) => (id === '1' ? Promise.reject(first) : last.promise));
    let settled = false;
    const published = bus.publishAll([new Created('1'), new Created('2')], { onError: 'throw' });
    published.catch(() => (settled = true));
    await quiet();
    expect(settled).toBe(false);
    last.finish();
    await expect(published).rejects.toBe(first);
  });

  it('goes on after a failure in sequence', async () => {
    const bus = new EventBus();
    const handled: string[] = [];
    bus.register(Created, ({ id }) => {
      handled.push(id);
      throw new Error(id);
    });
    await bus.publishAll([new Created('1'), new Created('2')], { mode: 'sequential' });
    expect(handled).toEqual(['1', '2']);
  });
});

describe('events that are published before the handlers are there', () => {
  const gated = (gate: () => Promise<void> | undefined) => {
    const bus = new EventBus();
    bus.dispatcher.gate = gate;
    const trace: string[] = [];
    bus.register(Created, async ({ id }) => {
      trace.push(`+${id}`);
      await quiet();
      trace.push(`-${id}`);
    });
    return { bus, trace };
  };

  it('are kept, and delivered in order when the bus opens', async () => {
    const { bus, trace } = gated(() => undefined);
    const list = [new Created('2'), new Created('3')];
    const published = [bus.publish(new Created('1')), bus.publishAll(list), bus.publish(new Created('4'))];
    list.length = 0;
    await quiet();
    expect(trace).toEqual([]);
    bus.open();
    await Promise.all(published);
    expect(trace.filter(entry => entry.startsWith('+'))).toEqual(['+1', '+2', '+3', '+4']);
  });

  it('are delivered one after another in sequence, if they were to be', async () => {
    const { bus, trace } = gated(() => undefined);
    const published = bus.publishAll([new Created('1'), new Created('2')], { mode: 'sequential' });
    bus.open();
    await published;
    expect(trace).toEqual(['+1', '-1', '+2', '-2']);
  });

  it('wait for a start that is under way, which opens the bus for those kept before', async () => {
    const start: { promise?: Promise<void> } = {};
    const { bus, trace } = gated(() => start.promise);
    const kept = bus.publish(new Created('1'));
    start.promise = Promise.resolve();
    await bus.publish(new Created('2'));
    await kept;
    expect(trace.filter(entry => entry.startsWith('+'))).toEqual(['+1', '+2']);
  });

  it('reject if the start fails, which the process does not notice', async () => {
    const error = new Error('wiring');
    const { bus } = gated(() => Promise.reject(error));
    await expect(bus.publish(new Created())).rejects.toBe(error);
    await expect(bus.publishAll([new Created()])).rejects.toBe(error);
  });
});

describe('code written for @nestjs/cqrs', () => {
  it('takes events from outside by the subject of the bus, to the handlers first', async () => {
    const bus = new EventBus();
    const trace: string[] = [];
    bus.subscribe(() => trace.push('subscriber'));
    bus.register(Created, () => trace.push('handler'));
    bus.subject$.next(new Created());
    await quiet();
    expect(trace).toEqual(['handler', 'subscriber']);
  });

  it('offers for every handler the stream of its runs', async () => {
    const bus = new EventBus();
    bus.register(Created, ({ id }) => `one ${id}`);
    bus.register(Renamed, async () => 'renamed');
    const results: unknown[] = [];
    const source = new EventBus();
    for (const operator of bus.eventOperators) source.pipe(operator).subscribe(result => results.push(result));
    await source.publishAll([new Created('1'), new Renamed(), new Created('2')]);
    await quiet();
    expect(results.toSorted()).toEqual(['one 1', 'one 2', 'renamed']);
  });

  it('finds handlers of other classes by the identifier that a provider gives', async () => {
    const ids = { getEventId: (type: { name: string }) => (type.name === 'Renamed' ? null : 'created') };
    const bus = new EventBus(undefined, undefined, undefined, { eventIdProvider: ids });
    const seen: object[] = [];
    class AlsoCreated {}
    bus.register(Created, event => seen.push(event));
    const event = new AlsoCreated();
    await bus.publish(event);
    await bus.publish(new Created());
    await bus.publish(new Renamed());
    expect(seen).toEqual([event, new Created()]);
  });

  it('rejects for failures where rethrowUnhandled is on', async () => {
    const bus = new EventBus(undefined, undefined, undefined, { rethrowUnhandled: true });
    const error = new Error('boom');
    bus.register(Created, () => Promise.reject(error));
    await expect(bus.publish(new Created())).rejects.toBe(error);
  });
});
