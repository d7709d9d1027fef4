import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import {
  AsyncContext,
  EventBus,
  UnhandledExceptionBus,
  type IEventPublisher,
  type UnhandledExceptionInfo,
} from '../../../lib/index.js';
import { soon } from '../../support/waiting.js';

class Created {
  constructor(readonly id = '1') {}
}

beforeAll(() => Logger.overrideLogger(false));

function busWith(publisher: IEventPublisher) {
  const exceptions = new UnhandledExceptionBus();
  const reported: UnhandledExceptionInfo[] = [];
  exceptions.subscribe(info => reported.push(info));
  const bus = new EventBus(undefined, undefined, exceptions, { eventPublisher: publisher });
  const handler = jest.fn();
  bus.register(Created, handler);
  return { bus, handler, reported };
}

describe('a publisher in place of the event bus', () => {
  it('gets the event before publish() returns; the handlers get what comes back from it', async () => {
    const publish = jest.fn<IEventPublisher['publish']>();
    const { bus, handler } = busWith({ publish });
    const event = new Created();
    const published = bus.publish(event);
    expect(publish).toHaveBeenCalledWith(event, undefined, undefined);
    await published;
    expect(handler).not.toHaveBeenCalled();
    bus.subject$.next(event);
    expect(handler).toHaveBeenCalledWith(event);
  });

  it('gets the dispatcher context and the AsyncContext of the caller', async () => {
    const publish = jest.fn<IEventPublisher['publish']>();
    const { bus } = busWith({ publish });
    const [event, scope, aggregate] = [new Created(), new AsyncContext(), { aggregate: 'user' }];
    await bus.publish(event, aggregate, scope);
    expect(publish).toHaveBeenLastCalledWith(event, aggregate, scope);
    await bus.publish(event, scope);
    expect(publish).toHaveBeenLastCalledWith(event, undefined, scope);
    expect(AsyncContext.of(event)).toBe(scope);
  });

  it('is awaited', async () => {
    let stored = false;
    const { bus } = busWith({
      publish: async () => {
        await soon();
        stored = true;
      },
    });
    await bus.publish(new Created());
    expect(stored).toBe(true);
  });

  it.each<[string, (error: Error) => IEventPublisher['publish']]>([
    [
      'throws',
      error => () => {
        throw error;
      },
    ],
    ['rejects', error => () => Promise.reject(error)],
  ])('that %s makes publish() reject with its error, which is reported with its name', async (_, make) => {
    const error = new Error('broker down');
    class Broker {
      publish = make(error);
    }
    const { bus, reported } = busWith(new Broker());
    const event = new Created();
    await expect(bus.publish(event)).rejects.toBe(error);
    await expect(bus.publishAll([event])).rejects.toBe(error);
    expect(reported).toHaveLength(2);
    expect([reported[0]!.exception, reported[0]!.cause, reported[0]!.handler]).toEqual([error, event, 'Broker']);
  });

  it('that has no prototype is reported too', async () => {
    const broker = Object.assign(Object.create(null), { publish: () => Promise.reject(new Error('down')) });
    const { bus, reported } = busWith(broker);
    await expect(bus.publish(new Created())).rejects.toThrow('down');
    expect(reported[0]!.handler).toBe('publisher');
  });

  it('that is none makes publish() reject', async () => {
    const { bus } = busWith({} as IEventPublisher);
    await expect(bus.publish(new Created())).rejects.toBeInstanceOf(TypeError);
  });

  it('gets all events of a list at once, in a list of its own', async () => {
    const publishAll = jest.fn<NonNullable<IEventPublisher['publishAll']>>();
    const { bus } = busWith({ publish: () => undefined, publishAll });
    const events = [new Created('1'), new Created('2')];
    await bus.publishAll(events, { aggregate: 1 });
    expect(publishAll).toHaveBeenCalledWith(events, { aggregate: 1 }, undefined);
    expect(publishAll.mock.calls[0]![0]).not.toBe(events);
  });

  it('gets one after another where it knows no publishAll, those after a rejected one too', async () => {
    const publish = jest.fn<() => Promise<void>>().mockRejectedValueOnce(new Error('first'));
    const { bus } = busWith({ publish });
    await expect(bus.publishAll([new Created('1'), new Created('2')])).rejects.toThrow('first');
    expect(publish).toHaveBeenCalledTimes(2);
  });

  it('is not called for a list with a value that is not an event', async () => {
    const publishAll = jest.fn();
    const { bus } = busWith({ publish: () => undefined, publishAll });
    await expect(bus.publishAll([new Created(), null as never])).rejects.toMatchObject({
      code: 'CQRS_INVALID_MESSAGE',
    });
    expect(publishAll).not.toHaveBeenCalled();
  });

  it('can be replaced, and taken back', async () => {
    const { bus, handler } = busWith({ publish: () => undefined });
    bus.publisher = undefined as never;
    await bus.publish(new Created());
    expect(handler).toHaveBeenCalledTimes(1);
  });

  it('tells nothing of handlers to a caller who collects', async () => {
    const { bus } = busWith({ publish: () => 'stored' });
    const event = new Created();
    const outcome = { event, handled: [], skipped: [], failures: [] };
    expect(await bus.publish(event, { onError: 'collect' })).toEqual(outcome);
    expect(await bus.publishAll([event], { onError: 'collect' })).toEqual([outcome]);
    bus.publisher = { publish: () => undefined, publishAll: () => undefined };
    expect(await bus.publishAll([event], { onError: 'collect' })).toEqual([outcome]);
  });
});

describe('the publisher of the bus itself', () => {
  it('can be spied on: it gets the event, and the handlers do', async () => {
    const bus = new EventBus();
    const handler = jest.fn();
    bus.register(Created, handler);
    const spy = jest.spyOn(bus.publisher, 'publish');
    const event = new Created();
    await bus.publish(event);
    expect(spy).toHaveBeenCalledWith(event, undefined, undefined);
    expect(handler).toHaveBeenCalledTimes(1);
    spy.mockRestore();
    await bus.publish(event);
    expect(handler).toHaveBeenCalledTimes(2);
  });

  it('may be looked at: the bus delivers as before', async () => {
    const exceptions = new UnhandledExceptionBus();
    const reported = jest.fn();
    exceptions.subscribe(reported);
    const bus = new EventBus(undefined, undefined, exceptions);
    bus.setHandling({ mode: 'sequential', onError: 'throw' });
    const trace: string[] = [];
    bus.register(Created, async ({ id }) => {
      trace.push(`begins ${id}`);
      await Promise.resolve();
      trace.push(`ends ${id}`);
      if (id === '2') throw new Error('boom');
    });
    expect(bus.publisher).toBe(bus.publisher);
    await expect(bus.publishAll([new Created('1'), new Created('2')])).rejects.toThrow('boom');
    expect(trace).toEqual(['begins 1', 'ends 1', 'begins 2', 'ends 2']);
    expect(reported).toHaveBeenCalledTimes(1);
  });

  it('can be wrapped, and what the caller said still holds', async () => {
    const bus = new EventBus();
    const error = new Error('boom');
    bus.register(Created, () => Promise.reject(error));
    const { publisher } = bus;
    bus.publisher = { publish: (event, context, scope) => publisher.publish(event, context, scope) };
    await expect(bus.publish(new Created(), { onError: 'throw' })).rejects.toBe(error);
    const outcome = await bus.publish(new Created(), { onError: 'collect' });
    expect(outcome.failures).toMatchObject([{ error }]);
    const [first] = await bus.publishAll([new Created()], { onError: 'collect' });
    expect(first!.failures).toMatchObject([{ error }]);
  });

  it('hands the AsyncContext on', async () => {
    const bus = new EventBus();
    const scopes: unknown[] = [];
    bus.register(Created, (_, context) => scopes.push(context.scope));
    jest.spyOn(bus.publisher, 'publish');
    const scope = new AsyncContext();
    await bus.publish(new Created(), scope);
    await bus.publish(new Created(), { aggregate: 1 }, scope);
    expect(scopes).toEqual([scope, scope]);
  });
});
