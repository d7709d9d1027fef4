import { jest } from '@jest/globals';
import { NEVER, of, Subject, throwError } from 'rxjs';
import { MessageContext } from '../../../lib/context/message-context.js';
import { FailureReporter } from '../../../lib/dispatch/failures.js';
import { Probes } from '../../../lib/dispatch/probes.js';
import { RunningWork } from '../../../lib/dispatch/running-work.js';
import { Event } from '../../../lib/messages/message.js';
import { PlainSaga } from '../../../lib/sagas/plain-saga.js';
import { Paid, PaidTwice, saga, Ship, Shipped, Stage } from './stage.js';
import { pending, soon } from '../../support/waiting.js';
import { quietLog } from '../../support/quiet-log.js';

const broken = new Error('broken');

beforeEach(() => quietLog());

describe('a saga that names its events', () => {
  it('is called with each event of these classes and of their subclasses, and no other', () => {
    const seen: object[] = [];
    const stage = new Stage().start((event: object) => void seen.push(event), [Paid, PaidTwice]);
    const events = [new Paid('1'), new PaidTwice('2'), new Shipped('3'), new Paid('4')];
    for (const event of events) void stage.events.publish(event);
    expect(seen).toEqual([events[0], events[1], events[3]]);
  });

  it('that answers with an async generator ends it at the stop, and asks for no more', async () => {
    const steps: unknown[] = [];
    const { promise, finish } = pending();
    const stage = new Stage().start(
      async function* () {
        try {
          yield new Ship('1');
          await promise;
          yield new Ship('2');
          steps.push('asked for a third');
        } finally {
          steps.push('ended');
        }
      },
      [Paid],
    );
    stage.pay('1');
    await soon();
    stage.runner.stop();
    finish();
    await stage.runner.runningWork.drain(1000);
    expect([stage.shipped, steps, stage.reported]).toEqual([['1'], ['ended'], []]);
  });

  it('is called with the event alone unless it declares the context', () => {
    const stage = new Stage();
    const plain = jest.fn((_event: Paid) => undefined);
    const contexts: MessageContext[] = [];
    stage.start(plain, [Paid]).start((_event: Paid, context: MessageContext) => void contexts.push(context), [Paid]);
    void stage.events.publish(new Paid('1'), { correlationId: 'c1' });
    expect(plain.mock.calls).toEqual([[new Paid('1')]]);
    expect(contexts[0]).toMatchObject({ kind: 'event', type: Paid, correlationId: 'c1' });
  });

  it.each([
    ['a command', () => new Ship('1')],
    ['several', () => [new Ship('1')]],
    ['a promise of one', async () => new Ship('1')],
    ['a promise of several', async () => [undefined, new Ship('1'), null]],
    ['an Observable', () => of(new Ship('1'))],
    ['a promise of an Observable', async () => of(new Ship('1'))],
    ['a set', () => new Set([new Ship('1')])],
    [
      'a generator',
      function* () {
        yield new Ship('1');
      },
    ],
    [
      'an async generator',
      async function* () {
        await soon();
        yield new Ship('1');
      },
    ],
  ])('may return %s', async (_, run) => {
    const stage = new Stage().start(run, [Paid]);
    void stage.events.publish(new Paid('1'), { messageId: 'm1' });
    await stage.runner.runningWork.drain(1000);
    expect(stage.shipped).toEqual(['1']);
    expect(stage.contexts[0]!.causationId).toBe('m1');
    expect(stage.failures).toEqual([]);
  });

  it.each([undefined, null, false, [], 0, ''])('may return %p for no command', async nothing => {
    const stage = new Stage().start(() => nothing, [Paid]).start(async () => nothing, [Paid]);
    stage.pay('1');
    await soon();
    expect(stage.failures).toEqual([]);
  });

  it.each([
    [
      'throws',
      () => {
        throw broken;
      },
    ],
    [
      'rejects',
      async () => {
        throw broken;
      },
    ],
    [
      'fails while its commands are taken',
      function* () {
        yield new Ship('1');
        throw broken;
      },
    ],
    ['returns an Observable that fails', () => throwError(() => broken)],
    [
      'returns an async generator that fails',
      async function* () {
        yield new Ship('1');
        throw broken;
      },
    ],
  ])('that %s is reported with the event, and called with the next', async (_, run: () => unknown) => {
    const stage = new Stage().start((event: Paid) => (event.order === 'bad' ? run() : new Ship(event.order)), [Paid]);
    void stage.events.publish(new Paid('bad'), { messageId: 'm1' });
    stage.pay('2');
    await stage.runner.runningWork.drain(1000);
    expect(stage.shipped).toContain('2');
    expect(stage.reported).toEqual([['broken', new Paid('bad')]]);
    expect(stage.failures[0]).toMatchObject({ handler: 'Sagas.onPaid', module: 'OrdersModule' });
    expect(stage.failures[0]!.context!.messageId).toBe('m1');
  });

  it('knows its event however late it answers', async () => {
    const stage = new Stage().start(
      async ({ order }: Paid) => {
        if (order === '1') await new Promise(resolve => setTimeout(resolve, 10));
        return new Ship(order);
      },
      [Paid],
    );
    void stage.events.publish(new Paid('1'), { messageId: 'm1' });
    void stage.events.publish(new Paid('2'), { messageId: 'm2' });
    await stage.runner.runningWork.drain(1000);
    expect(stage.shipped).toEqual(['2', '1']);
    expect(stage.contexts.map(({ causationId }) => causationId)).toEqual(['m2', 'm1']);
  });

  it('is run within the context of the event where that is propagated', async () => {
    const current: (string | undefined)[] = [];
    const stage = new Stage({ propagate: true }).start(async () => {
      await soon();
      current.push(MessageContext.find()?.messageId);
    }, [Paid]);
    void stage.events.publish(new Paid('1'), { messageId: 'm1' });
    await stage.runner.runningWork.drain(1000);
    expect(current).toEqual(['m1']);
  });

  it('is not run within a context otherwise', () => {
    const current: unknown[] = [];
    const stage = new Stage().start(() => void current.push(MessageContext.find()), [Paid]);
    stage.pay('1');
    expect(current).toEqual([undefined]);
  });

  it('is in flight until it has answered, and sends nothing after stop', async () => {
    let answer!: (command: Ship) => void;
    const stage = new Stage()
      .start(() => new Promise(resolve => (answer = resolve)), [Paid])
      .start(() => NEVER, [Paid]);
    stage.pay('1');
    const left = await stage.runner.runningWork.drain(5);
    expect(left.map(({ type }) => type)).toEqual([Paid, Paid]);
    stage.runner.stop();
    answer(new Ship('1'));
    await soon();
    stage.pay('2');
    expect(stage.shipped).toEqual([]);
  });

  it.each([
    ['completes', (stream: Subject<unknown>) => stream.complete()],
    ['fails', (stream: Subject<unknown>) => stream.error(broken)],
  ])('keeps a stream that it returned until the stream %s', async (_, end) => {
    const stream = new Subject<unknown>();
    const { failures, commands } = new Stage();
    const plain = new PlainSaga(
      saga(() => stream),
      [Paid],
      {
        commands,
        reporter: new FailureReporter({ publish: info => failures.push(info) }),
        runningWork: new RunningWork(),
        concurrency: Infinity,
        propagate: false,
        storage: 'publisher',
        home: run => run(),
        probes: new Probes(),
      },
    );
    plain.receive({ event: new Paid('1'), contextFor: handler => new MessageContext('event', Paid, handler) });
    expect([plain.streams.size, stream.observed]).toEqual([1, true]);
    end(stream);
    expect(stream.observed).toBe(false);
    expect(plain.streams.size).toBe(0);
    await soon();
    expect(failures.map(({ exception }) => exception as unknown)).toEqual(stream.hasError ? [broken] : []);
  });

  it('is found although it is started after events of the class were seen', () => {
    const stage = new Stage().start(() => undefined, [Paid]);
    stage.pay('1');
    stage.start(({ order }: Paid) => new Ship(order), [Paid]);
    stage.pay('2');
    expect(stage.shipped).toEqual(['2']);
  });

  it('is not asked for events that it does not name', () => {
    const isInstance = jest.fn(() => false);
    class Odd {
      static [Symbol.hasInstance] = isInstance;
    }
    const stage = new Stage().start(() => undefined, [Odd]);
    stage.pay('1', '2', '3');
    expect(isInstance).toHaveBeenCalledTimes(1);
  });

  it('is called with frozen events', () => {
    const stage = new Stage().start(({ order }: Paid) => new Ship(order), [Paid]);
    void stage.events.publish(Object.freeze(new Paid('1')));
    expect(stage.shipped).toEqual(['1']);
  });
});

describe('a saga runner on a bus that the application provides', () => {
  it('gives sagas contexts of their own', () => {
    const events = new Subject<object>();
    const stage = new Stage({ events }).start(
      (_event: Paid, context: MessageContext) => {
        expect(context).toMatchObject({ kind: 'event', type: Paid });
        return new Ship('1');
      },
      [Event, Paid],
    );
    events.next(new Paid('1'));
    expect(stage.shipped).toEqual(['1']);
    expect(stage.contexts[0]!.parent).toMatchObject({ kind: 'event', type: Paid });
  });
});
