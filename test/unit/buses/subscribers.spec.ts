import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import {
  Subject,
  filter,
  finalize,
  firstValueFrom,
  from,
  map,
  mergeMap,
  share,
  take,
  tap,
  throwError,
  type Observable,
} from 'rxjs';
import { CommandBus, EventBus, ObservableBus, QueryBus, UnhandledExceptionBus } from '../../../lib/index.js';
import { quiet } from '../../support/waiting.js';

class Ping {
  constructor(readonly n = 1) {}
}

const boom = (): never => {
  throw new Error('boom');
};

// What reached the process would fail the test that runs: jest listens for uncaught exceptions and unhandled rejections.
beforeAll(() => Logger.overrideLogger(false));

const buses: [string, () => { bus: Observable<any>; send(): Promise<unknown> }][] = [
  [
    'the command bus',
    () => {
      const bus = new CommandBus();
      bus.register(Ping, () => 'done');
      return { bus, send: () => bus.execute(new Ping()) };
    },
  ],
  [
    'the query bus',
    () => {
      const bus = new QueryBus();
      bus.register(Ping, () => 'done');
      return { bus, send: () => bus.ask(new Ping()) };
    },
  ],
  [
    'the event bus',
    () => {
      const bus = new EventBus();
      bus.register(Ping, () => 'done');
      return { bus, send: () => bus.publish(new Ping()) };
    },
  ],
  [
    'the exception bus',
    () => {
      const bus = new UnhandledExceptionBus();
      return { bus, send: async () => bus.publish({ exception: new Error('e'), cause: new Ping() }) };
    },
  ],
];

const hostile: [string, (bus: Observable<any>) => unknown][] = [
  ['throws', bus => bus.subscribe(boom)],
  ['throws as an observer', bus => bus.subscribe({ next: boom })],
  ['rejects', bus => bus.subscribe(async () => boom())],
  ['throws in an operator without handling errors', bus => bus.pipe(map(boom)).subscribe()],
  ['throws behind an operator', bus => bus.pipe(filter(() => true)).subscribe(boom)],
  ['pipes an error', bus => bus.pipe(mergeMap(() => throwError(() => new Error('inner')))).subscribe()],
  ['throws in its error handler', bus => bus.pipe(map(boom)).subscribe({ error: boom })],
  ['shares the stream and throws', bus => bus.pipe(share()).subscribe(boom)],
  [
    'subscribes with a subject of its own whose subscriber throws',
    bus => {
      const subject = new Subject<unknown>();
      subject.subscribe({ next: () => undefined, error: boom });
      return bus.subscribe(subject);
    },
  ],
];

describe.each(buses)('%s', (_, make) => {
  it.each(hostile)('is not hurt by a subscriber that %s, nor is anybody else', async (_name, subscribe) => {
    const { bus, send } = make();
    const seen = jest.fn();
    subscribe(bus);
    bus.subscribe(seen);
    await send();
    await send();
    await quiet();
    expect(seen).toHaveBeenCalledTimes(2);
  });

  it('survives subscribers of its subject, also as an Observable', async () => {
    const { bus, send } = make();
    const { subject$ } = bus as ObservableBus<unknown>;
    const seen = jest.fn();
    subject$.subscribe(boom);
    subject$.pipe(map(boom)).subscribe();
    subject$.asObservable().subscribe(boom);
    subject$
      .asObservable()
      .pipe(map(value => value))
      .subscribe(boom);
    subject$.asObservable().subscribe(seen);
    await send();
    await quiet();
    expect(seen).toHaveBeenCalledTimes(1);
  });

  it('goes on for a subscriber that has thrown', async () => {
    const { bus, send } = make();
    let calls = 0;
    bus.subscribe(() => {
      calls++;
      boom();
    });
    await send();
    await send();
    expect(calls).toBe(2);
  });

  it('is an Observable of its messages in every way rxjs knows', async () => {
    const { bus, send } = make();
    const [first, piped] = [firstValueFrom(bus), firstValueFrom(bus.pipe(map(() => 'mapped')))];
    const subscription = bus.subscribe();
    const seen = jest.fn();
    const short = bus.subscribe(seen, null, null);
    await send();
    expect(await first).toBeDefined();
    expect(await piped).toBe('mapped');
    short.unsubscribe();
    subscription.unsubscribe();
    await send();
    expect(seen).toHaveBeenCalledTimes(1);
  });

  it('tells its subscribers when it is closed, whatever one of them does then', async () => {
    const { bus } = make();
    const [complete, legacy] = [jest.fn(), jest.fn()];
    bus.subscribe({ complete: boom });
    bus.subscribe({ complete });
    bus.subscribe(undefined, undefined, legacy);
    (bus as CommandBus).close();
    await quiet();
    expect(complete).toHaveBeenCalledTimes(1);
    expect(legacy).toHaveBeenCalledTimes(1);
  });
});

describe.each(buses)('%s and its operators', (_, make) => {
  const hostileOperators: [string, (bus: Observable<any>) => unknown][] = [
    ['finalize throws when it has taken enough', bus => bus.pipe(take(1), finalize(boom)).subscribe()],
    ['finalize throws above what has taken enough', bus => bus.pipe(finalize(boom), take(1)).subscribe()],
    ['tap throws', bus => bus.pipe(tap(boom)).subscribe()],
    ['a teardown throws', bus => bus.pipe(take(1)).subscribe().add(boom)],
    [
      'a class throws when it is asked for its instances',
      bus => bus.pipe(filter(value => value instanceof Refusing)).subscribe(),
    ],
    ['an operator throws when it is subscribed to', bus => bus.pipe(share({ connector: boom })).subscribe()],
  ];

  it.each(hostileOperators)('hurt nothing else where %s', async (_name, subscribe) => {
    const { bus, send } = make();
    const [before, after] = [jest.fn(), jest.fn()];
    bus.subscribe(before);
    try {
      subscribe(bus);
    } catch {
      // What fails when it subscribes fails for its caller.
    }
    bus.subscribe(after);
    await send();
    await send();
    await quiet();
    expect([before.mock.calls.length, after.mock.calls.length]).toEqual([2, 2]);
  });

  it('are forgotten when they have left, by take(1) or by unsubscribe()', async () => {
    const { bus, send } = make();
    const { subject$ } = bus as ObservableBus<unknown>;
    bus.pipe(take(1)).subscribe();
    const subscription = bus
      .pipe(
        filter(Boolean),
        map(value => value as object),
      )
      .subscribe();
    expect(subject$.observed).toBe(true);
    await send();
    subscription.unsubscribe();
    expect(subject$.observed).toBe(false);
  });
});

class Refusing {
  static [Symbol.hasInstance](_value: unknown): boolean {
    return boom();
  }
}

describe('the subject of a bus after an external error', () => {
  it('passes the error to its subscribers; commands are still handled', async () => {
    const { bus, send } = buses[0]![1]();
    const told = jest.fn();
    bus.subscribe();
    bus.subscribe(undefined, told);
    (bus as CommandBus).subject$.error(new Error('ended'));
    expect(await send()).toBe('done');
    await quiet();
    expect(told).toHaveBeenCalledTimes(1);
  });

  it('continues on the event bus, which any source may feed', async () => {
    const bus = new EventBus();
    const [handler, seen] = [jest.fn(), jest.fn()];
    bus.register(Ping, handler);
    bus.subscribe(seen);
    throwError(() => new Error('ended')).subscribe(bus.subject$);
    from([new Ping()]).subscribe(bus.subject$);
    await bus.publish(new Ping());
    expect(handler).toHaveBeenCalledTimes(2);
    expect(seen).toHaveBeenCalledTimes(2);
  });
});
