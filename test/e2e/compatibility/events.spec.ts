import { of, Subject } from 'rxjs';
import { jest } from '@jest/globals';
import { quiet, sameAsIncumbent } from './differential.js';

describe('Events, as with @nestjs/cqrs:', () => {
  class Opened {
    constructor(readonly id: number) {}
  }
  class Closed {
    constructor(readonly id: number) {}
  }

  sameAsIncumbent('handlers have been called when publish returns, in the order of the providers', async stage => {
    const { cqrs, start, note } = stage;
    @cqrs.EventsHandler(Opened)
    class First {
      handle({ id }: Opened) {
        note('first', id);
      }
    }
    @cqrs.EventsHandler(Opened)
    class Second {
      async handle({ id }: Opened) {
        note('second begins', id);
        await Promise.resolve();
        note('second ends', id);
      }
    }
    const { events } = await start([First, Second]);
    void events.publish(new Opened(1));
    note('returned');
    await quiet();
  });

  sameAsIncumbent('a handler of several events gets each of them', async ({ cqrs, start, note }) => {
    @cqrs.EventsHandler(Opened, Closed)
    class Both {
      handle(event: Opened | Closed) {
        note(event.constructor.name, event.id);
      }
    }
    const { events } = await start([Both]);
    await events.publish(new Opened(1));
    await events.publish(new Closed(2));
  });

  sameAsIncumbent('publishAll hands over one event after the other', async ({ cqrs, start, note }) => {
    @cqrs.EventsHandler(Opened, Closed)
    class First {
      handle(event: Opened | Closed) {
        note('first', event.id);
      }
    }
    @cqrs.EventsHandler(Opened)
    class Second {
      handle(event: Opened) {
        note('second', event.id);
      }
    }
    const { events } = await start([First, Second]);
    void events.publishAll([new Opened(1), new Closed(2), new Opened(3)]);
    note('returned');
    await quiet();
  });

  sameAsIncumbent('publishAll takes an empty list, and none', async ({ start, note, outcome }) => {
    const { events } = await start([]);
    events.subscribe(event => note(event));
    const settled = [
      await outcome(() => events.publishAll([])),
      await outcome(() => events.publishAll(undefined as never)),
    ];
    note(settled.map(result => Object.keys(result as object)));
  });

  sameAsIncumbent('an event that nobody handles reaches subscribers', async ({ start, note, cqrs }) => {
    const { events } = await start([]);
    events.subscribe(event => note('all', event));
    events.pipe(cqrs.ofType(Closed)).subscribe(event => note('closed', event.id));
    void events.publish(new Opened(1));
    void events.publish(new Closed(2));
    note('returned');
  });

  sameAsIncumbent('unsubscribing ends a subscription', async ({ start, note }) => {
    const { events } = await start([]);
    const subscription = events.subscribe(event => note(event));
    void events.publish(new Opened(1));
    subscription.unsubscribe();
    void events.publish(new Opened(2));
    await quiet();
  });

  sameAsIncumbent('a handler of a base class gets instances of an undeclared subclass', async stage => {
    const { cqrs, start, note } = stage;
    class Reopened extends Opened {}
    @cqrs.EventsHandler(Opened)
    class Handler {
      handle(event: Opened) {
        note(event.constructor.name);
      }
    }
    const { events } = await start([Handler]);
    await events.publish(new Reopened(1));
  });

  sameAsIncumbent('a handler that fails is reported with event and exception, and hurts nobody', async stage => {
    const { cqrs, start, note } = stage;
    const failure = new Error('broken');
    @cqrs.EventsHandler(Opened)
    class Failing {
      handle({ id }: Opened) {
        if (id === 1) throw failure;
        return Promise.reject(failure);
      }
    }
    @cqrs.EventsHandler(Opened)
    class Working {
      handle({ id }: Opened) {
        note('handled', id);
      }
    }
    const { events, failures } = await start([Failing, Working]);
    failures.subscribe(info => note(Object.keys(info).toSorted(), info.exception === failure, info.cause));
    await events.publish(new Opened(1));
    await quiet();
    await events.publish(new Opened(2));
    await quiet();
  });

  sameAsIncumbent('failures are filtered by the class of the exception', async ({ cqrs, start, note }) => {
    @cqrs.EventsHandler(Opened)
    class Failing {
      handle({ id }: Opened) {
        throw id === 1 ? new RangeError('range') : new TypeError('type');
      }
    }
    const { events, failures } = await start([Failing]);
    failures.pipe(cqrs.UnhandledExceptionBus.ofType(RangeError)).subscribe(info => note('range', info.cause));
    failures
      .pipe(cqrs.UnhandledExceptionBus.ofType(RangeError, TypeError))
      .subscribe(info => note('both', (info.exception as Error).message));
    await events.publish(new Opened(1));
    await events.publish(new Opened(2));
    await quiet();
  });

  sameAsIncumbent('spies on a handler see the event alone, put there before or after the start', async stage => {
    const { cqrs, start, note } = stage;
    @cqrs.EventsHandler(Opened)
    class Handler {
      handle() {
        note('real');
      }
    }
    const onClass = jest.spyOn(Handler.prototype, 'handle');
    const { events, module } = await start([Handler]);
    const onInstance = jest.spyOn(module.get(Handler), 'handle').mockImplementation(() => note('spy'));
    await events.publish(new Opened(1));
    note(onInstance.mock.calls);
    onInstance.mockRestore();
    await events.publish(new Opened(2));
    note(onClass.mock.calls.length);
    onClass.mockRestore();
  });

  sameAsIncumbent('handle may be a field that holds an arrow function', async ({ cqrs, start, note }) => {
    @cqrs.EventsHandler(Opened)
    class Handler {
      private readonly word = 'seen';
      handle = ({ id }: Opened) => note(this.word, id);
    }
    const { events } = await start([Handler]);
    await events.publish(new Opened(1));
  });

  sameAsIncumbent('an event of an event follows it for every handler', async ({ cqrs, start, note }) => {
    const wiring: { publish?: (event: object) => unknown } = {};
    @cqrs.EventsHandler(Opened)
    class Opening {
      async handle({ id }: Opened) {
        note('opened', id);
        await Promise.resolve();
        void wiring.publish!(new Closed(id));
      }
    }
    @cqrs.EventsHandler(Closed, Opened)
    class Log {
      handle(event: Opened | Closed) {
        note('log', event.constructor.name);
      }
    }
    const { events } = await start([Opening, Log]);
    wiring.publish = event => events.publish(event);
    await events.publish(new Opened(1));
    await quiet();
  });

  sameAsIncumbent('what a source puts into subject$ is handled and seen', async ({ cqrs, start, note }) => {
    @cqrs.EventsHandler(Opened)
    class Handler {
      handle({ id }: Opened) {
        note('handled', id);
      }
    }
    const { events } = await start([Handler]);
    events.subscribe(event => note('seen', event));
    const broker = new Subject<Opened>();
    const source = { bridgeEventsTo: (subject: Subject<any>) => broker.subscribe(event => subject.next(event)) };
    source.bridgeEventsTo(events.subject$);
    broker.next(new Opened(1));
    await quiet();
    of(new Opened(2)).subscribe(event => events.subject$.next(event));
    await quiet();
  });

  sameAsIncumbent('an event of the same identifier is handled, whatever its class', async ({ cqrs, start, note }) => {
    class OpenedElsewhere {
      constructor(readonly id: number) {}
    }
    const ids = new Map<unknown, string>([
      [Opened, 'opened'],
      [OpenedElsewhere, 'opened'],
      [Closed, 'closed'],
    ]);
    @cqrs.EventsHandler(Opened)
    class Handler {
      handle({ id }: Opened) {
        note('handled', id);
      }
    }
    const eventIdProvider = { getEventId: (type: unknown) => ids.get(type) ?? null };
    const { events } = await start([Handler], { eventIdProvider });
    await events.publish(new Opened(1));
    await events.publish(new OpenedElsewhere(2));
    await events.publish(new Closed(3));
  });
});
