import { setTimeout as delay } from 'node:timers/promises';
import {
  EventBus,
  UseMiddleware,
  type MiddlewareFunction,
  type Next,
  type PublishOutcome,
} from '../../../lib/index.js';
import { UnhandledExceptionBus } from '../../../lib/buses/unhandled-exception-bus.js';
import { quietLog } from '../../support/quiet-log.js';
import { escaped } from '../../support/escaped-rejections.js';

class Happened {}

const broken = new Error('of the handler');

/** A bus with one middleware around one handler, and what is reported. */
function busWith(middleware: MiddlewareFunction, handle: () => unknown = () => Promise.reject(broken)) {
  const exceptions = new UnhandledExceptionBus();
  const reported: unknown[] = [];
  exceptions.subscribe(({ exception }) => reported.push(exception));
  const bus = new EventBus({ middleware: [middleware] } as never, undefined, exceptions);
  bus.register(Happened, handle);
  return { bus, reported };
}

/** The forms in which a middleware loses what `next()` gave. */
const losing: [string, MiddlewareFunction][] = [
  ['returns nothing', (event, next) => void next(event) as never],
  ['is asynchronous and does not await', async (event, next) => void next(event)],
  [
    'does something else meanwhile',
    async (event, next) => {
      void next(event);
      await delay(5);
    },
  ],
  [
    'returns another promise',
    (event, next) => {
      void next(event);
      return Promise.resolve('other');
    },
  ],
  [
    'calls it after an await',
    async (event, next) => {
      await delay(1);
      void next(event);
    },
  ],
];

losing.push(
  ['only adds a callback', (event, next) => void next(event).then(() => 'metric') as never],
  ['only adds finally()', (event, next) => void next(event).finally(() => undefined) as never],
);

beforeEach(() => void quietLog());

describe('The failure of a handler whose promise a middleware drops, because it', () => {
  it.each(losing)('%s, is reported once', async (_, middleware) => {
    const { bus, reported } = busWith(middleware);
    await bus.publish(new Happened());
    await delay(1);
    expect(reported).toEqual([broken]);
    expect(escaped).toEqual([]);
  });

  it.each(losing)('%s, is collected', async (_, middleware) => {
    const { bus, reported } = busWith(middleware);
    const outcome = await bus.publish(new Happened(), { onError: 'collect' });
    expect(outcome.failures.map(({ error }) => error)).toEqual([broken]);
    expect([reported, escaped]).toEqual([[], []]);
  });

  it.each(losing)('%s, is thrown where that is asked for, also in turn', async (_, middleware) => {
    const { bus } = busWith(middleware);
    await expect(bus.publish(new Happened(), { onError: 'throw' })).rejects.toBe(broken);
    await expect(bus.publish(new Happened(), { onError: 'throw', mode: 'sequential' })).rejects.toBe(broken);
    expect(escaped).toEqual([]);
  });

  it('drops it after it has put a message of another class in the place of the first, is reported', async () => {
    class Other extends Happened {}
    const swap: MiddlewareFunction = (_event, next) => next(new Other());
    UseMiddleware((event, next) => void next(event) as never)(Other);
    const { bus, reported } = busWith(swap);
    await bus.publish(new Happened());
    expect([reported, escaped]).toEqual([[broken], []]);
  });

  it('calls it when publish() has long resolved, is reported', async () => {
    const { bus, reported } = busWith((event, next) => void setTimeout(() => void next(event), 5) as never);
    await bus.publish(new Happened());
    expect(reported).toEqual([]);
    await delay(20);
    expect(reported).toEqual([broken]);
    expect(escaped).toEqual([]);
  });
});

describe('A middleware that uses what next() gives', () => {
  /** The forms in which the failure is dealt with. */
  const dealing: [string, MiddlewareFunction][] = [
    ['swallows it', async (event, next) => next(event).catch(() => 'instead')],
    [
      'swallows it by try',
      async (event, next) => {
        try {
          return await next(event);
        } catch {
          return 'instead';
        }
      },
    ],
    ['swallows it on the side', (event, next) => void next(event).catch(() => undefined) as never],
    ['waits for it among others', async (event, next) => Promise.allSettled([next(event), delay(1)])],
  ];

  it.each(dealing)('and %s is not told of it again', async (_, middleware) => {
    const { bus, reported } = busWith(middleware);
    const outcome = await bus.publish(new Happened(), { onError: 'collect' });
    await bus.publish(new Happened());
    await delay(5);
    expect(outcome.failures).toEqual([]);
    expect([reported, escaped]).toEqual([[], []]);
  });

  it('and tries again is told of the last failure alone', async () => {
    let runs = 0;
    const retrying = async (event: object, next: Next) => {
      for (;;) {
        try {
          return await next(event);
        } catch (error) {
          if (runs === 3) throw error;
        }
      }
    };
    const { bus, reported } = busWith(retrying, () => Promise.reject(new Error(String(++runs))));
    await bus.publish(new Happened());
    expect(reported).toEqual([new Error('3')]);
  });

  it('is not waited for longer than it waits itself', async () => {
    const impatient: MiddlewareFunction = (event, next) => Promise.race([next(event), delay(1, 'enough')]);
    const { bus } = busWith(impatient, () => new Promise(() => undefined));
    await bus.publish(new Happened());
    expect(escaped).toEqual([]);
  });

  it('gets a promise by all appearances, and the very result', async () => {
    const seen: unknown[] = [];
    const looking: MiddlewareFunction = async (event, next) => {
      const promise = next(event);
      seen.push(promise instanceof Promise, Object.prototype.toString.call(promise));
      seen.push(await promise.finally(() => seen.push('finally')), await promise, await Promise.all([promise, 1]));
      return promise;
    };
    const { bus } = busWith(looking, async () => 'result');
    const outcome: PublishOutcome = await bus.publish(new Happened(), { onError: 'collect' });
    expect(outcome.failures).toEqual([]);
    expect(seen).toEqual([true, '[object Promise]', 'finally', 'result', 'result', ['result', 1]]);
  });
});
