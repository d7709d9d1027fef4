import {
  EventBus,
  UnhandledExceptionBus,
  type IEventPublisher,
  type UnhandledExceptionInfo,
} from '../../../lib/index.js';
import { quietLog } from '../../support/quiet-log.js';

class Happened {}

let log: ReturnType<typeof quietLog>;
beforeEach(() => (log = quietLog()));

function bus(eventPublisher?: IEventPublisher) {
  const unhandled = new UnhandledExceptionBus();
  const reported: UnhandledExceptionInfo[] = [];
  unhandled.subscribe(info => reported.push(info));
  const events = new EventBus(undefined, undefined, unhandled, { eventPublisher });
  return { events, reported };
}

const logged = () => log.error.mock.calls.map(([text]) => text as unknown);

describe('An event that the bus refuses', () => {
  it('is reported in the name of the bus', async () => {
    const { events, reported } = bus();
    events.close();
    const event = new Happened();
    await expect(events.publish(event)).rejects.toMatchObject({ code: 'CQRS_BUS_CLOSED' });
    expect(reported).toHaveLength(1);
    expect(reported[0]).toMatchObject({ cause: event, handler: 'EventBus', module: undefined, message: event });
    expect(logged()).toEqual([
      `"EventBus" has thrown an unhandled exception on Happened: ${(reported[0]!.exception as Error).message}`,
    ]);
  });

  it.each([
    ['undefined', undefined],
    ['null', null],
    ['a number', 42],
  ])('is reported by its text where it is not even an object: %s', async (_, event) => {
    const { events, reported } = bus();
    await expect(events.publish(event as never)).rejects.toMatchObject({ code: 'CQRS_INVALID_MESSAGE' });
    expect(reported[0]).toMatchObject({ cause: event ?? String(event), handler: 'EventBus', message: undefined });
  });

  it.each(['publish', 'publishAll'] as const)(
    'is reported for options that are none, with the event: %s',
    async how => {
      const { events, reported } = bus();
      const event = new Happened();
      const given = { mode: 'somehow' } as never;
      const published = how === 'publish' ? events.publish(event, given) : events.publishAll([event], given);
      await expect(published).rejects.toMatchObject({ code: 'CQRS_INVALID_OPTIONS' });
      expect(reported.map(({ cause, handler }) => [cause, handler])).toEqual([[event, 'EventBus']]);
    },
  );

  it('does not keep the others of its list from their handlers', async () => {
    const { events, reported } = bus();
    const seen: object[] = [];
    events.register(Happened, event => void seen.push(event));
    const [one, other] = [new Happened(), new Happened()];
    await expect(events.publishAll([one, 'text' as never, other])).rejects.toMatchObject({
      code: 'CQRS_INVALID_MESSAGE',
    });
    expect(seen).toEqual([one, other]);
    expect(reported.map(({ cause }) => cause)).toEqual(['text']);
  });
});

describe('A publisher in place of the bus that fails', () => {
  class Broker implements IEventPublisher {
    publish(): never {
      throw new Error('no connection');
    }
  }

  it('is reported by its class', async () => {
    const { events, reported } = bus(new Broker());
    const event = new Happened();
    await expect(events.publish(event)).rejects.toThrow('no connection');
    await expect(events.publishAll([event])).rejects.toThrow('no connection');
    expect(reported.map(({ cause, handler }) => [cause, handler])).toEqual([
      [event, 'Broker'],
      [event, 'Broker'],
    ]);
  });

  it('is reported as the publisher where its class has no name', async () => {
    const { events, reported } = bus(new (class extends Broker {})());
    Object.defineProperty(events.publisher.constructor, 'name', { value: '' });
    await expect(events.publish(new Happened())).rejects.toThrow('no connection');
    expect(reported[0]!.handler).toBe('publisher');
    expect(logged()).toEqual(['"publisher" has thrown an unhandled exception on Happened: no connection']);
  });

  it('gets no event that is none', async () => {
    const { events, reported } = bus(new Broker());
    await expect(events.publishAll([42 as never])).rejects.toMatchObject({
      code: 'CQRS_INVALID_MESSAGE',
      where: 'event bus',
    });
    expect(reported[0]).toMatchObject({ cause: 42, handler: 'Broker' });
  });
});
