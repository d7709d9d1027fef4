import { jest } from '@jest/globals';
import {
  defer,
  delay,
  filter,
  interval,
  map,
  merge,
  mergeMap,
  NEVER,
  of,
  repeat,
  take,
  tap,
  timer,
  type Observable,
} from 'rxjs';
import { Logger } from '@nestjs/common';
import { MessageContext } from '../../../lib/context/message-context.js';
import { SagaBacklogException } from '../../../lib/errors/saga-backlog.exception.js';
import { InvalidSagaException } from '../../../lib/errors/wiring.exception.js';
import { ofType } from '../../../lib/sagas/of-type.js';
import { Paid, saga, Ship, Shipped, Stage } from './stage.js';
import { soon } from '../../support/waiting.js';
import { quietLog } from '../../support/quiet-log.js';

const broken = new Error('broken');
type Events = Observable<object>;

const shipEach = (events$: Events) =>
  events$.pipe(
    ofType(Paid),
    map(({ order }) => new Ship(order)),
  );

/** Ships orders, but fails for those that are called bad. */
const shipGood = (events$: Events) =>
  events$.pipe(
    ofType(Paid),
    map(({ order }) => {
      if (order.startsWith('bad')) throw new Error(order);
      return new Ship(order);
    }),
  );

beforeEach(() => quietLog());

describe('a saga on the stream of events', () => {
  it('turns events into commands', () => {
    const stage = new Stage().start(shipEach);
    stage.pay('1', '2');
    void stage.events.publish(new Shipped('1'));
    expect(stage.shipped).toEqual(['1', '2']);
  });

  it('gives the bus the command alone, as spies expect', () => {
    const stage = new Stage().start(shipEach);
    const execute = jest.spyOn(stage.commands, 'execute');
    stage.pay('1');
    expect(execute.mock.calls).toEqual([[new Ship('1')]]);
  });

  it('may emit nothing, or something falsy', () => {
    const stage = new Stage().start((events$: Events) => events$.pipe(map(() => undefined)));
    stage.start((events$: Events) => events$.pipe(filter(() => false)));
    stage.pay('1');
    expect([stage.shipped, stage.failures]).toEqual([[], []]);
  });

  it('ends quietly when its stream is complete', () => {
    const stage = new Stage().start((events$: Events) => shipEach(events$).pipe(take(1)));
    stage.pay('1', '2');
    expect([stage.shipped, stage.failures]).toEqual([['1'], []]);
  });

  it('is started while events are published, and stops when told to', () => {
    const stage = new Stage();
    stage.pay('0');
    stage.start(shipEach);
    stage.pay('1');
    stage.runner.stop();
    stage.pay('2');
    expect(stage.shipped).toEqual(['1']);
  });

  it('sees events in the order of their delivery, whatever its commands publish', () => {
    const stage = new Stage();
    const seen: string[] = [];
    stage.commands.register(Paid, () => stage.pay('nested'));
    stage.start((events$: Events) =>
      events$.pipe(
        tap(event => seen.push((event as Paid).order)),
        filter(event => (event as Paid).order === '1'),
        map(() => new Paid('command')),
      ),
    );
    stage.start((events$: Events) =>
      events$.pipe(
        tap(event => seen.push(`other ${(event as Paid).order}`)),
        filter(() => false),
      ),
    );
    stage.pay('1');
    expect(seen).toEqual(['1', 'other 1', 'nested', 'other nested']);
  });
});

describe('a stream saga that returns no stream', () => {
  it.each([undefined, null, 5, [], 'text', Promise.resolve(NEVER), () => NEVER])(
    'is refused for returning %p',
    result => {
      expect(() => new Stage().start(() => result)).toThrow(InvalidSagaException);
    },
  );

  it('is refused for throwing, with the cause', () => {
    const start = () =>
      new Stage().start(() => {
        throw broken;
      });
    expect(start).toThrow(InvalidSagaException);
    expect(start).toThrow(expect.objectContaining({ cause: broken, message: expect.stringContaining('Sagas.onPaid') }));
  });

  it('is called when it is prepared, and not listened to before it is let', () => {
    const stage = new Stage();
    let subscribed = false;
    const begin = stage.runner.prepare(
      saga((events$: Events) =>
        defer(() => {
          subscribed = true;
          return shipEach(events$);
        }),
      ),
    );
    stage.pay('1');
    expect(subscribed).toBe(false);
    begin();
    stage.pay('2');
    expect(stage.shipped).toEqual(['2']);
  });
});

describe('a saga whose stream fails', () => {
  it('goes on with the next event, each failure reported once', () => {
    const stage = new Stage().start(shipGood);
    stage.pay('1', 'bad 2', '3', 'bad 4', 'bad 5', '6');
    expect(stage.shipped).toEqual(['1', '3', '6']);
    expect(stage.reported).toEqual([
      ['bad 2', 'onPaid'],
      ['bad 4', 'onPaid'],
      ['bad 5', 'onPaid'],
    ]);
  });

  it('is reported with its name, module and the context of the event, and logged', () => {
    const log = jest.spyOn(Logger.prototype, 'error');
    const stage = new Stage().start(shipGood);
    void stage.events.publish(new Paid('bad'), { correlationId: 'c1' });
    expect(stage.failures[0]).toMatchObject({
      cause: 'onPaid',
      handler: 'Sagas.onPaid',
      module: 'OrdersModule',
      context: expect.objectContaining({ correlationId: 'c1' }),
    });
    expect(log).toHaveBeenCalledWith(expect.stringContaining('"Sagas.onPaid (OrdersModule)"'), expect.anything());
  });

  it('affects no other saga and no handler', () => {
    const stage = new Stage().start(shipGood).start(shipEach);
    const handled: string[] = [];
    stage.events.register(Paid, ({ order }) => void handled.push(order));
    stage.pay('bad', '2');
    expect(handled).toEqual(['bad', '2']);
    expect(stage.shipped).toEqual(['bad', '2', '2']);
  });

  it('goes on at once when it fails asynchronously', async () => {
    const stage = new Stage().start((events$: Events) =>
      events$.pipe(
        ofType(Paid),
        mergeMap(async ({ order }) => {
          await soon();
          if (order === 'bad') throw new Error(order);
          return new Ship(order);
        }),
      ),
    );
    stage.pay('bad');
    await soon();
    await soon();
    stage.pay('2');
    await soon();
    await soon();
    expect([stage.shipped, stage.reported]).toEqual([['2'], [['bad', 'onPaid']]]);
  });

  it('waits for the next event when it fails again before it was given one, and loses none', () => {
    const stage = new Stage();
    let calls = 0;
    stage.start((events$: Events) => {
      calls++;
      if (calls === 2 || calls === 4) throw new Error(`call ${calls}`);
      if (calls === 3)
        return defer(() => {
          throw new Error('subscription 3');
        });
      return shipGood(events$);
    });
    stage.pay('bad 1');
    expect(calls).toBe(2);
    stage.pay('2');
    expect(calls).toBe(3);
    stage.pay('3');
    expect(calls).toBe(4);
    stage.pay('4', '5');
    expect(calls).toBe(5);
    expect(stage.shipped).toEqual(['2', '3', '4', '5']);
    expect(stage.reported.map(([message]) => message)).toEqual(['bad 1', 'call 2', 'subscription 3', 'call 4']);
  });

  it('counts as failed when it returns no stream at a restart', () => {
    const stage = new Stage();
    let calls = 0;
    stage.start((events$: Events) => (++calls === 2 ? undefined : shipGood(events$)));
    stage.pay('bad', '2');
    expect(stage.shipped).toEqual(['2']);
    expect(stage.failures[1]!.exception).toBeInstanceOf(InvalidSagaException);
  });

  it('does not loop when its stream fails without any event', async () => {
    const stage = new Stage();
    let calls = 0;
    stage.start((events$: Events) => {
      calls++;
      return merge(
        shipEach(events$),
        timer(1).pipe(
          map(() => {
            throw broken;
          }),
        ),
      );
    });
    await new Promise(resolve => setTimeout(resolve, 30));
    expect([calls, stage.failures.length]).toEqual([1, 1]);
    stage.pay('1');
    await new Promise(resolve => setTimeout(resolve, 30));
    expect([calls, stage.failures.length]).toEqual([3, 3]);
    expect(stage.shipped).toEqual(['1']);
    stage.runner.stop();
  });

  it('keeps a bounded number of events for a saga that cannot be started, and reports those lost', () => {
    const stage = new Stage();
    let calls = 0;
    let works = false;
    stage.start((events$: Events) => {
      if (calls++ > 0 && !works) throw broken;
      return shipGood(events$);
    });
    stage.pay('bad');
    for (let i = 1; i <= 10_002; i++) stage.pay(String(i));
    const lost = stage.failures.filter(({ exception }) => exception instanceof SagaBacklogException);
    expect(lost.map(({ cause }) => (cause as Paid).order)).toEqual(['1', '2']);
    works = true;
    stage.pay('last');
    expect(stage.shipped).toHaveLength(10_001);
    expect([stage.shipped[0], stage.shipped.at(-1)]).toEqual(['3', 'last']);
  });

  it('does not start what it restarts within the context of the event that made it fail', () => {
    const stage = new Stage({ propagate: true });
    const contexts: unknown[] = [];
    stage.start((events$: Events) => {
      contexts.push(MessageContext.find());
      return shipGood(events$);
    });
    stage.pay('bad', '2');
    expect(stage.shipped).toEqual(['2']);
    expect(contexts).toEqual([undefined, undefined]);
  });

  it('goes on with sequential events too', async () => {
    const stage = new Stage().start(shipGood);
    stage.events.setHandling({ mode: 'sequential' });
    for (const order of ['1', 'bad', '3']) await stage.events.publish(new Paid(order));
    expect(stage.shipped).toEqual(['1', '3']);
  });

  it('is given an event that its command publishes after the one it is given, also in sequential mode', async () => {
    const stage = new Stage();
    const given: string[] = [];
    stage.events.setHandling({ mode: 'sequential' });
    stage.commands.register(Shipped, ({ order }) => stage.pay(`nested ${order}`));
    stage.start((events$: Events) =>
      merge(
        events$.pipe(
          ofType(Paid),
          filter(({ order }) => !order.startsWith('nested')),
          map(({ order }) => new Shipped(order)),
        ),
        events$.pipe(
          ofType(Paid),
          map(({ order }) => void given.push(order)),
        ),
      ),
    );
    for (const order of ['1', '2']) {
      await stage.events.publish(new Paid(order));
      await soon();
    }
    expect(given).toEqual(['1', 'nested 1', '2', 'nested 2']);
  });

  it('is called anew with its state as at the start', () => {
    const stage = new Stage().start((events$: Events) => {
      let count = 0;
      return shipGood(events$).pipe(map(() => new Ship(String(++count))));
    });
    stage.pay('a', 'b', 'bad', 'c');
    expect(stage.shipped).toEqual(['1', '2', '1']);
  });
});

describe('the end of a saga', () => {
  const drain = (stage: Stage) => stage.runner.runningWork.drain(1000);

  it('lets out commands that are delayed, and can be waited for', async () => {
    const stage = new Stage().start((events$: Events) => shipEach(events$).pipe(delay(20)));
    stage.pay('1');
    stage.runner.finish();
    stage.runner.finish();
    expect(await drain(stage)).toEqual([]);
    expect(stage.shipped).toEqual(['1']);
  });

  it('gives an event that comes all the same to a run of its own, and lets that end too', async () => {
    const stage = new Stage().start((events$: Events) => shipEach(events$).pipe(delay(20)));
    stage.pay('1');
    stage.runner.finish();
    stage.pay('2');
    expect(await drain(stage)).toEqual([]);
    stage.pay('3', '4');
    expect(await drain(stage)).toEqual([]);
    expect(stage.shipped).toEqual(['1', '2', '3', '4']);
  });

  it('is not reported for a saga that ended by itself', async () => {
    const stage = new Stage().start((events$: Events) => shipEach(events$).pipe(take(1)));
    stage.pay('1', '2');
    stage.runner.finish();
    stage.pay('3');
    stage.runner.stop();
    expect(await drain(stage)).toEqual([]);
    expect(stage.shipped).toEqual(['1']);
    expect(stage.reported).toEqual([]);
  });

  it('comes with the end of the bus', async () => {
    const stage = new Stage().start((events$: Events) => shipEach(events$).pipe(delay(20)));
    stage.pay('1');
    stage.events.close();
    expect(await drain(stage)).toEqual([]);
    expect(stage.shipped).toEqual(['1']);
  });

  it('reports what fails on the way, and what is left then', async () => {
    const stage = new Stage().start((events$: Events) => shipGood(events$.pipe(delay(20))));
    stage.pay('bad', '2');
    stage.runner.finish();
    expect(await drain(stage)).toEqual([]);
    expect(stage.reported).toEqual([['bad', 'onPaid']]);
  });

  it('does not come by itself for a stream that goes on without events, nor for one that repeats', async () => {
    const stage = new Stage()
      .start((events$: Events) => merge(shipEach(events$), interval(5).pipe(map(() => undefined))))
      .start((events$: Events) => shipEach(events$).pipe(repeat()));
    stage.runner.finish();
    const left = await stage.runner.runningWork.drain(30);
    expect(left.map(({ handler }) => handler.name)).toEqual(['Sagas.onPaid', 'Sagas.onPaid']);
    stage.runner.stop();
    expect(await drain(stage)).toEqual([]);
  });

  it('gives events that waited for a restart another chance', async () => {
    const stage = new Stage();
    let calls = 0;
    stage.start((events$: Events) => {
      if (++calls === 2 || calls === 3) throw broken;
      return shipGood(events$);
    });
    stage.pay('bad', '2');
    expect(stage.shipped).toEqual([]);
    stage.runner.finish();
    expect(await drain(stage)).toEqual([]);
    expect(stage.shipped).toEqual(['2']);
  });

  it('reports the events that waited for a restart in vain', async () => {
    const stage = new Stage();
    let calls = 0;
    stage.start((events$: Events) => {
      if (++calls > 1) throw broken;
      return shipGood(events$);
    });
    stage.pay('bad', '2');
    stage.runner.finish();
    expect(await drain(stage)).toEqual([]);
    expect(stage.failures.at(-1)!.exception).toBeInstanceOf(SagaBacklogException);
    expect(stage.failures.at(-1)!.cause).toEqual(new Paid('2'));
  });

  it('is at once for a saga that waits without events', async () => {
    const stage = new Stage().start(() =>
      defer(() => {
        throw broken;
      }),
    );
    stage.runner.finish();
    expect(await drain(stage)).toEqual([]);
  });

  it('sends nothing after stop, even if the stream goes on', async () => {
    const stage = new Stage().start((events$: Events) =>
      events$.pipe(
        ofType(Paid),
        mergeMap(({ order }) => of(new Ship(order)).pipe(delay(5))),
      ),
    );
    stage.pay('1');
    stage.runner.stop();
    await new Promise(resolve => setTimeout(resolve, 20));
    expect(stage.shipped).toEqual([]);
  });
});
