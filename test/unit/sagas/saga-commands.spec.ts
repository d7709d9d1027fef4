import { jest } from '@jest/globals';
import { bufferCount, bufferTime, concatMap, delay, from, map, mergeMap, of, type Observable } from 'rxjs';
import { CommandBus } from '../../../lib/buses/command-bus.js';
import { ContextOrigin } from '../../../lib/context/context-origin.js';
import { MessageContext } from '../../../lib/context/message-context.js';
import { CommandHandlerNotFoundException } from '../../../lib/errors/handler-not-found.exception.js';
import { InvalidMessageException } from '../../../lib/errors/invalid-message.exception.js';
import { AsyncContext } from '../../../lib/scopes/async-context.js';
import { propagateContext } from '../../../lib/pipeline/propagate-context.js';
import { ofType } from '../../../lib/sagas/of-type.js';
import { Paid, Ship, Shipped, Stage } from './stage.js';
import { pending, soon } from '../../support/waiting.js';
import { quietLog } from '../../support/quiet-log.js';

const broken = new Error('broken');
type Events = Observable<object>;

const shipEach = (events$: Events) =>
  events$.pipe(
    ofType(Paid),
    map(({ order }) => new Ship(order)),
  );
const emitting = (command: unknown) => (events$: Events) => events$.pipe(map(() => command));

class Work {
  readonly done: Promise<void>;
  finish!: (error?: unknown) => void;
  constructor() {
    this.done = new Promise((resolve, reject) => (this.finish = error => (error ? reject(error) : resolve())));
  }
}

/** A stage whose handler of `Work` lets the test say when it is done. */
const workplace = (concurrency?: number) => {
  const stage = new Stage({ concurrency });
  const started: Work[] = [];
  stage.commands.register(Work, work => {
    started.push(work);
    return work.done;
  });
  stage.start((events$: Events) => events$.pipe(ofType(Work)));
  const begin = () => {
    const work = new Work();
    void stage.events.publish(work);
    return work;
  };
  return { stage, started, begin };
};

beforeEach(() => quietLog());

describe('a command of a saga', () => {
  it('that fails is reported with the command, and the saga goes on', async () => {
    const stage = new Stage();
    class Fail extends Ship {}
    stage.commands.register(Fail, async () => {
      throw broken;
    });
    stage.start((events$: Events) => shipEach(events$).pipe(mergeMap(command => [new Fail(command.order), command])));
    stage.pay('1');
    await soon();
    stage.pay('2');
    await soon();
    expect(stage.shipped).toEqual(['1', '2']);
    expect(stage.reported).toEqual([
      ['broken', new Fail('1')],
      ['broken', new Fail('2')],
    ]);
    expect(stage.failures[0]).toMatchObject({ handler: 'Sagas.onPaid', module: 'OrdersModule' });
    expect(stage.failures[0]!.context).toBeInstanceOf(MessageContext);
  });

  it.each([
    ['synchronously', () => undefined],
    ['with a promise', () => Promise.resolve()],
    ['with a value', () => 5],
  ])('whose handler returns %s reports nothing', async (_, handle) => {
    const stage = new Stage();
    stage.commands.register(Shipped, handle);
    stage.start(emitting(new Shipped('1')));
    stage.pay('1');
    await soon();
    expect(stage.failures).toEqual([]);
  });

  it('whose handler throws synchronously is reported once', async () => {
    const stage = new Stage();
    stage.commands.register(Shipped, () => {
      throw broken;
    });
    stage.start(emitting(new Shipped('1')));
    stage.pay('1');
    await soon();
    expect(stage.reported).toEqual([['broken', new Shipped('1')]]);
  });

  it('without a handler is reported', async () => {
    const stage = new Stage().start(emitting(new Shipped('1')));
    stage.pay('1');
    await soon();
    expect(stage.failures[0]!.exception).toBeInstanceOf(CommandHandlerNotFoundException);
    expect(stage.failures[0]!.cause).toEqual(new Shipped('1'));
  });

  it.each([5, 'text', true, Ship, Symbol('s'), 7n, Object.create(null) as object])(
    'that is none but %p is reported',
    async garbage => {
      const stage = new Stage().start(emitting(garbage));
      stage.pay('1', '2');
      await soon();
      expect(stage.failures).toHaveLength(2);
      expect(stage.failures[0]!.exception).toBeInstanceOf(InvalidMessageException);
    },
  );

  it('may fail in a bus that throws, or answers nothing', async () => {
    const execute = jest.fn(() => {
      throw broken;
    });
    const stage = new Stage({ commands: { execute } }).start(shipEach);
    stage.pay('1');
    const quiet = new Stage({ commands: { execute: () => undefined } }).start(shipEach);
    quiet.pay('1');
    await soon();
    expect([stage.reported, quiet.reported]).toEqual([[['broken', new Ship('1')]], []]);
  });

  it('may be frozen, and sent again', async () => {
    const command = Object.freeze(new Ship('1'));
    const stage = new Stage().start(emitting(command)).start(emitting(command));
    stage.pay('a', 'b');
    await soon();
    expect(stage.shipped).toHaveLength(4);
    expect(new Set(stage.contexts.map(({ causationId }) => causationId)).size).toBe(2);
  });
});

describe('the context of a command of a saga', () => {
  const caused = (stage: Stage) =>
    stage.contexts.map(({ correlationId, causationId }) => ({ correlationId, causationId }));

  it('names the event as its cause and keeps its correlation', () => {
    const stage = new Stage().start(shipEach);
    void stage.events.publish(new Paid('1'), { messageId: 'm1', correlationId: 'c1', headers: { tenant: 't' } });
    void stage.events.publish(new Paid('2'), { messageId: 'm2', correlationId: 'c2' });
    expect(caused(stage)).toEqual([
      { correlationId: 'c1', causationId: 'm1' },
      { correlationId: 'c2', causationId: 'm2' },
    ]);
    expect(stage.contexts[0]!.headers).toEqual({ tenant: 't' });
  });

  it('is right for one event that is published twice', () => {
    const stage = new Stage().start(shipEach);
    const event = new Paid('1');
    void stage.events.publish(event, { messageId: 'm1' });
    void stage.events.publish(event, { messageId: 'm2' });
    expect(caused(stage).map(({ causationId }) => causationId)).toEqual(['m1', 'm2']);
  });

  it('names the same identifiers as the handlers of the event were given', () => {
    const stage = new Stage().start(shipEach);
    const contexts: MessageContext[] = [];
    stage.events.register(Paid, (_event, context) => void contexts.push(context));
    stage.pay('1');
    expect(stage.contexts[0]!.causationId).toBe(contexts[0]!.messageId);
    expect(stage.contexts[0]!.correlationId).toBe(contexts[0]!.correlationId);
  });

  it('shares the request-scoped instances of the event', () => {
    const stage = new Stage().start(shipEach);
    const context = new AsyncContext();
    void stage.events.publish(new Paid('1'), context);
    expect(stage.contexts[0]!.scope).toBe(context);
  });

  it.each([
    ['merged from the event', (event: Paid, command: Ship) => AsyncContext.merge(event, command)],
    ['merged from its context', (event: Paid, command: Ship) => AsyncContext.merge(AsyncContext.of(event), command)],
    ['attached', (event: Paid, command: Ship) => AsyncContext.of(event)!.attachTo(command)],
  ])('is that which was %s, also later', async (_, attach) => {
    const stage = new Stage().start((events$: Events) =>
      events$.pipe(
        ofType(Paid),
        map(event => {
          const command = new Ship(event.order);
          attach(event, command);
          return command;
        }),
        delay(1),
      ),
    );
    const event = new Paid('1');
    const context = new AsyncContext();
    context.attachTo(event);
    void stage.events.publish(event, context);
    await new Promise(resolve => setTimeout(resolve, 20));
    expect(stage.contexts[0]!.scope).toBe(context);
  });

  it('is that of the event given last where it is emitted later and nothing carries it', async () => {
    const stage = new Stage().start((events$: Events) => shipEach(events$).pipe(delay(1)));
    void stage.events.publish(new Paid('1'), { messageId: 'm1' });
    await new Promise(resolve => setTimeout(resolve, 20));
    void stage.events.publish(new Paid('2'), { messageId: 'm2' });
    await new Promise(resolve => setTimeout(resolve, 20));
    expect(stage.contexts.map(({ causationId }) => causationId)).toEqual(['m1', 'm2']);
  });

  it('has the origin of that event, as it was when the event was published', async () => {
    const stage = new Stage().start((events$: Events) => shipEach(events$).pipe(bufferTime(5), mergeMap(from)));
    new ContextOrigin({ correlationId: 'request' }).run(() => stage.pay('1'));
    await new Promise(resolve => setTimeout(resolve, 30));
    stage.runner.stop();
    expect(stage.contexts.map(({ correlationId }) => correlationId)).toEqual(['request']);
  });

  it('stands for itself before the saga has been given an event', async () => {
    const stage = new Stage().start(() => of(new Ship('1')));
    await soon();
    expect(stage.contexts[0]!.causationId).toBeUndefined();
  });

  it('is inherited later where the context is propagated', async () => {
    const later = { 1: pending(), 2: pending() };
    const stage = new Stage({ propagate: true }).start((events$: Events) =>
      shipEach(events$).pipe(
        mergeMap(async command => {
          await later[command.order as '1' | '2'].promise;
          return command;
        }),
      ),
    );
    void stage.events.publish(new Paid('1'), { messageId: 'm1' });
    void stage.events.publish(new Paid('2'), { messageId: 'm2' });
    later[2].finish();
    await soon();
    later[1].finish();
    await soon();
    expect(stage.shipped).toEqual(['2', '1']);
    expect(caused(stage).map(({ causationId }) => causationId)).toEqual(['m2', 'm1']);
  });

  it('is its own although it waited for another under the limit', async () => {
    const stage = new Stage({ propagate: true, concurrency: 1 });
    stage.commands.dispatcher.setMiddleware([propagateContext]);
    stage.commands.register(Shipped, async () => soon());
    stage.start((events$: Events) =>
      events$.pipe(
        ofType(Paid),
        concatMap(({ order }) => [new Shipped(order), new Ship(order)]),
      ),
    );
    void stage.events.publish(new Paid('1'), { messageId: 'm1' });
    void stage.events.publish(new Paid('2'), { messageId: 'm2' });
    await stage.runner.runningWork.drain(1000);
    expect(caused(stage).map(({ causationId }) => causationId)).toEqual(['m1', 'm2']);
  });

  it('is that of the event which completes it, where several do', () => {
    const stage = new Stage().start((events$: Events) =>
      shipEach(events$).pipe(
        bufferCount(2),
        map(([, second]) => second),
      ),
    );
    void stage.events.publish(new Paid('1'), { messageId: 'm1' });
    void stage.events.publish(new Paid('2'), { messageId: 'm2' });
    expect(caused(stage).map(({ causationId }) => causationId)).toEqual(['m2']);
  });

  it('does not stick to the command', async () => {
    const stage = new Stage();
    const command = new Ship('1');
    stage.start(emitting(command));
    stage.pay('1');
    await soon();
    await stage.commands.execute(command);
    expect(stage.contexts[1]!.causationId).toBeUndefined();
  });

  it('reaches a bus that does its own work first', async () => {
    class Slow extends CommandBus {
      override async execute(...given: Parameters<CommandBus['execute']>): Promise<any> {
        await soon();
        return super.execute(...given);
      }
    }
    const commands = new Slow();
    const contexts: MessageContext[] = [];
    commands.register(Ship, (_command, context) => void contexts.push(context));
    const stage = new Stage({ commands: commands as never }).start(shipEach);
    void stage.events.publish(new Paid('1'), { messageId: 'm1' });
    await stage.runner.runningWork.drain(1000);
    expect(contexts[0]!.causationId).toBe('m1');
  });
});

describe('the limit of commands at a time', () => {
  it('lets so many run, and the others wait in order', async () => {
    const { started, begin } = workplace(2);
    const [one, two, three, four] = [begin(), begin(), begin(), begin()];
    expect(started).toEqual([one, two]);
    two.finish();
    await soon();
    expect(started).toEqual([one, two, three]);
    one.finish(broken);
    three.finish();
    await soon();
    expect(started).toEqual([one, two, three, four]);
  });

  it('is none by default', () => {
    const { started, begin } = workplace();
    for (let i = 0; i < 100; i++) begin();
    expect(started).toHaveLength(100);
  });

  it('counts what runs and what waits as in flight', async () => {
    const { stage, begin } = workplace(1);
    const works = [begin(), begin()];
    const left = await stage.runner.runningWork.drain(5);
    expect(left.map(({ type, handler }) => [type, handler.name])).toEqual([
      [Work, 'Sagas.onPaid'],
      [Work, 'Sagas.onPaid'],
    ]);
    for (const work of works) work.finish();
    expect(await stage.runner.runningWork.drain(1000)).toEqual([]);
  });

  it('is not held up for ever by what waits, once the saga is stopped', async () => {
    const { stage, started, begin } = workplace(1);
    const one = begin();
    begin();
    stage.runner.stop();
    one.finish();
    expect(await stage.runner.runningWork.drain(1000)).toEqual([]);
    expect(started).toEqual([one]);
  });

  it('is kept, with nothing lost, under 100,000 commands', async () => {
    const stage = new Stage({ concurrency: 3 });
    let [running, most, done] = [0, 0, 0];
    class Count {}
    stage.commands.register(Count, async () => {
      most = Math.max(most, ++running);
      await undefined;
      running--;
      done++;
      if (done % 2 === 0) throw broken;
    });
    stage.start(emitting(new Count()));
    for (let i = 0; i < 100_000; i++) void stage.events.publish(new Paid(''));
    await stage.runner.runningWork.drain(60_000);
    expect([most, done, stage.failures.length]).toEqual([3, 100_000, 50_000]);
  }, 60_000);
});
